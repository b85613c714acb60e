import type { ChatMessage } from '@sluice/proto/v1/ChatMessage';
import { z } from 'zod';
import type { RefusalParams } from '../../http/validate.ts';
import { boundedArray } from '../bounded-array.ts';
import { isGiven, text } from '../generation-schema.ts';
import { isEmptyArray, neutralOnly } from '../neutral-only.ts';

/** More turns than any context holds; bounds the work before the prompt is tokenised. */
const MESSAGES_MAX = 2_048;
/** In all messages together: a check of a million parts would hold up every other request for seconds. */
const PARTS_MAX = 4_096;

const textPart = z.strictObject({
  // An image or a sound is refused by its name, as something this server does not read.
  type: z.enum(['text']),
  text: z.string(),
  prompt_cache_breakpoint: z.unknown().optional(),
});

const content = z.union([z.string(), boundedArray(textPart, { min: 1, max: PARTS_MAX, of: 'objects' })]);

const message = z.strictObject({
  role: z.enum(['system', 'developer', 'user', 'assistant']),
  content,
  name: text().nullish(),
  // What an assistant's message carries when a client sends the one it got back.
  refusal: neutralOnly(),
  annotations: neutralOnly(isEmptyArray),
  audio: neutralOnly(),
  function_call: neutralOnly(),
  tool_calls: neutralOnly(isEmptyArray),
});

const TOO_MANY_PARTS: RefusalParams = {
  code: 'ARRAY_ABOVE_MAX_LENGTH',
  message: `Invalid '%s': at most ${PARTS_MAX} content parts are allowed in all messages together.`,
};

export const messages = z
  .unknown()
  .superRefine((value, ctx) => {
    if (countParts(value) > PARTS_MAX) ctx.addIssue({ code: 'custom', params: TOO_MANY_PARTS, continue: false });
  })
  .pipe(boundedArray(message, { min: 1, max: MESSAGES_MAX, of: 'objects' }));

function countParts(value: unknown): number {
  if (!Array.isArray(value)) return 0;
  return value.reduce<number>((sum, entry: unknown) => {
    const parts: unknown = typeof entry === 'object' && entry !== null ? Reflect.get(entry, 'content') : undefined;
    return sum + (Array.isArray(parts) ? parts.length : 0);
  }, 0);
}

/** The conversation as the worker's template wants it: one text a message. */
export function toChatMessages(conversation: z.infer<typeof messages>): ChatMessage[] {
  return conversation.map((entry) => {
    // Templates know "system"; "developer" is the newer name of the same role.
    const chatMessage: ChatMessage = { role: entry.role === 'developer' ? 'system' : entry.role, content: joinText(entry.content) };
    if (isGiven(entry.name)) chatMessage.name = entry.name;
    return chatMessage;
  });
}

function joinText(value: z.infer<typeof content>): string {
  return typeof value === 'string' ? value : value.map((part) => part.text).join('\n');
}
