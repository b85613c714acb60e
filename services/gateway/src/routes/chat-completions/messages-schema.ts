import { Fault } from '@sluice/platform/fault';
import type { ChatMessage } from '@sluice/proto/v1/ChatMessage';
import { z } from 'zod';
import type { RefusalParams } from '../../http/validate.ts';
import { boundedArray } from '../bounded-array.ts';
import { isEmptyArray, neutralOnly } from '../neutral-only.ts';
import { identifier, integer, isGiven, text } from '../scalars.ts';
import { content, joinText, PARTS_MAX } from './content-schema.ts';
import { checkToolHistory } from './tool-history.ts';

/** More turns than any context holds; bounds the work before the prompt is tokenised. */
const MESSAGES_MAX = 2_048;
/** Of one message; OpenAI's SDK takes no more. */
const CALLS_MAX = 128;

const toolCall = z.strictObject({
  id: text(),
  type: z.enum(['function']),
  function: z.strictObject({ name: identifier(), arguments: z.string() }),
  // Clients that put a stream together leave it in.
  index: integer(0, CALLS_MAX).nullish(),
});

const message = z.strictObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
  content: content.nullish(),
  name: text().nullish(),
  tool_calls: boundedArray(toolCall, { max: CALLS_MAX, of: 'objects' }).nullish(),
  tool_call_id: text().nullish(),
  // What the model thought, by both names that servers have for it. Its template knows what of that it is to see again.
  reasoning_content: z.string().nullish(),
  reasoning: z.string().nullish(),
  // What else an assistant's message carries when a client sends the one it got back.
  refusal: neutralOnly(),
  annotations: neutralOnly(isEmptyArray),
  audio: neutralOnly(),
  function_call: neutralOnly(),
});

export type Message = z.infer<typeof message>;

/** Fields that one role alone may have. */
const ROLE_OF = {
  tool_calls: 'assistant',
  reasoning_content: 'assistant',
  reasoning: 'assistant',
  tool_call_id: 'tool',
} as const satisfies Partial<Record<keyof Message, Message['role']>>;

const TOO_MANY_PARTS: RefusalParams = {
  code: 'ARRAY_ABOVE_MAX_LENGTH',
  message: `Invalid '%s': at most ${PARTS_MAX} content parts and tool calls are allowed in all messages together.`,
};

export const messages = z
  .unknown()
  .superRefine((value, ctx) => {
    if (countParts(value) > PARTS_MAX) ctx.addIssue({ code: 'custom', params: TOO_MANY_PARTS, continue: false });
  })
  .pipe(boundedArray(message, { min: 1, max: MESSAGES_MAX, of: 'objects' }));

function countParts(value: unknown): number {
  if (!Array.isArray(value)) return 0;
  return value.reduce<number>((sum, entry: unknown) => sum + lengthAt(entry, 'content') + lengthAt(entry, 'tool_calls'), 0);
}

function lengthAt(entry: unknown, key: string): number {
  const list: unknown = typeof entry === 'object' && entry !== null ? Reflect.get(entry, key) : undefined;
  return Array.isArray(list) ? list.length : 0;
}

/** The conversation as the worker's template wants it: one text a message. Throws for a message that says nothing, and for calls and answers that do not match. */
export function toChatMessages(conversation: readonly Message[]): ChatMessage[] {
  checkToolHistory(conversation);
  return conversation.map((entry, i) => {
    checkFields(entry, i);
    // Templates know "system"; "developer" is the newer name of the same role.
    const role = entry.role === 'developer' ? 'system' : entry.role;
    const chatMessage: ChatMessage = { role, content: isGiven(entry.content) ? joinText(entry.content) : '' };
    const thoughts = entry.reasoning_content ?? entry.reasoning ?? '';
    if (thoughts !== '') chatMessage.reasoningContent = thoughts;
    if (isGiven(entry.name)) chatMessage.name = entry.name;
    if (entry.tool_calls && entry.tool_calls.length > 0) chatMessage.toolCallsJson = toCallsJson(entry.tool_calls);
    if (isGiven(entry.tool_call_id)) chatMessage.toolCallId = entry.tool_call_id;
    return chatMessage;
  });
}

function checkFields(entry: Message, i: number): void {
  for (const [name, role] of Object.entries(ROLE_OF) as [keyof typeof ROLE_OF, Message['role']][]) {
    const value = entry[name];
    if (entry.role === role || !isGiven(value) || isEmptyArray(value)) continue;
    const param = `messages[${i}].${name}`;
    throw new Fault('INVALID_VALUE', { message: `Invalid '${param}': only messages of the role '${role}' have it.`, param });
  }
  if (isGiven(entry.content) || (entry.tool_calls && entry.tool_calls.length > 0)) return;
  const param = `messages[${i}].content`;
  if (entry.content === undefined) throw new Fault('MISSING_PARAMETER', { message: `Missing required parameter: '${param}'.`, param });
  const wanted = 'one of a string or array of objects';
  throw new Fault('INVALID_TYPE', { message: `Invalid type for '${param}': expected ${wanted}, but got null instead.`, param });
}

/** In one order of keys, so that the same history makes the same prompt. A call without arguments has an empty object of them. */
function toCallsJson(calls: NonNullable<Message['tool_calls']>): string {
  return JSON.stringify(
    calls.map(({ id, type, function: { name, arguments: args } }) => ({
      id,
      type,
      function: { name, arguments: args.trim() === '' ? '{}' : args },
    })),
  );
}
