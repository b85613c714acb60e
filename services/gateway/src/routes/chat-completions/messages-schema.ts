import type { ChatMessage } from '@sluice/proto/v1/ChatMessage';
import { z } from 'zod';
import { EXPECTED } from '../../http/validate.ts';
import { boundedArray } from '../bounded-array.ts';
import { text } from '../generation-schema.ts';
import { isEmptyArray, neutralOnly } from '../neutral-only.ts';

/** More turns than any context holds; bounds the work before the prompt is tokenised. */
const MESSAGES_MAX = 2_048;
const PARTS_MAX = 2_048;

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

export const messages = boundedArray(z.object({}, `${EXPECTED}object`).loose().pipe(message), { min: 1, max: MESSAGES_MAX, of: 'objects' });

/** The conversation as the worker's template wants it: one text a message. */
export function toChatMessages(conversation: z.infer<typeof messages>): ChatMessage[] {
  return conversation.map((entry) => {
    // Templates know "system"; "developer" is the newer name of the same role.
    const chatMessage: ChatMessage = { role: entry.role === 'developer' ? 'system' : entry.role, content: joinText(entry.content) };
    if (entry.name != null) chatMessage.name = entry.name;
    return chatMessage;
  });
}

function joinText(value: z.infer<typeof content>): string {
  return typeof value === 'string' ? value : value.map((part) => part.text).join('\n');
}
