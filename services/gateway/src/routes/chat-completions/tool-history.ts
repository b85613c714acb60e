import { Fault } from '@sluice/platform/fault';
import type { Message } from './messages-schema.ts';

type ToolCall = NonNullable<Message['tool_calls']>[number];

/** Throws where a conversation has an answer to a call that was not made, a call that was not answered, or arguments that are no JSON object: templates would write nonsense, or fail without saying where. */
export function checkToolHistory(conversation: readonly Message[]): void {
  let open = new Set<string>();
  let openedAt = 0;
  for (const [i, { role, tool_calls: calls, tool_call_id: id }] of conversation.entries()) {
    if (role === 'tool') {
      answer(open, id, i);
      continue;
    }
    if (open.size > 0) throw unanswered(open, openedAt);
    if (!calls || calls.length === 0) continue;
    for (const [j, call] of calls.entries()) checkArguments(call, `messages[${i}].tool_calls[${j}].function.arguments`);
    open = idsOf(calls, `messages[${i}].tool_calls`);
    openedAt = i;
  }
  if (open.size > 0) throw unanswered(open, openedAt);
}

function idsOf(calls: readonly ToolCall[], at: string): Set<string> {
  const ids = new Set<string>();
  for (const [j, { id }] of calls.entries()) {
    const param = `${at}[${j}].id`;
    if (ids.has(id))
      throw new Fault('INVALID_VALUE', { message: `Invalid '${param}': another call of the message has the same id.`, param });
    ids.add(id);
  }
  return ids;
}

function answer(open: Set<string>, id: string | null | undefined, i: number): void {
  const param = `messages[${i}].tool_call_id`;
  if (id === null || id === undefined) throw new Fault('MISSING_PARAMETER', { message: `Missing required parameter: '${param}'.`, param });
  if (open.delete(id)) return;
  throw new Fault('INVALID_VALUE', {
    message: `Invalid '${param}': messages of the role 'tool' must answer a call of the assistant's message before them, each once.`,
    param,
  });
}

function unanswered(open: ReadonlySet<string>, i: number): Fault {
  const ids = [...open].map((id) => `'${id.slice(0, 100)}'`).slice(0, 8);
  return new Fault('INVALID_VALUE', {
    message: `An assistant's message with 'tool_calls' must be followed by messages of the role 'tool' that answer each of them. These were not answered: ${ids.join(', ')}.`,
    param: `messages[${i}].tool_calls`,
  });
}

function checkArguments({ function: { arguments: args } }: ToolCall, param: string): void {
  if (args.trim() === '') return;
  let parsed: unknown;
  try {
    parsed = JSON.parse(args);
  } catch {
    // Whatever it is, it is refused below.
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return;
  throw new Fault('INVALID_VALUE', { message: `Invalid '${param}': expected the JSON text of an object.`, param });
}
