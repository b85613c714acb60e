import { Fault } from '@sluice/platform/fault';
import { isDeeperThan, JSON_DEPTH_MAX } from '@sluice/platform/json-depth';
import { isJsonObject, parseJson } from './tools/json-scanner.ts';

export type ChatMessage = {
  readonly role: string;
  readonly content: string;
  /** What an assistant thought before. */
  readonly reasoning_content?: string;
  readonly name?: string;
  readonly tool_calls?: unknown;
  readonly tool_call_id?: string;
};

/** A message whose calls are known to be calls. */
export type HistoryMessage = Omit<ChatMessage, 'tool_calls'> & { readonly calls: readonly PastCall[] };

export type PastCall = {
  readonly id: string | undefined;
  readonly name: string;
  /** A JSON object, as it was sent. */
  readonly argumentsText: string;
};

/** Reads a conversation's calls and what was answered to them. Throws a Fault that names the field that is wrong. */
export function readHistory(messages: readonly ChatMessage[]): HistoryMessage[] {
  const nameOf = new Map<string, string>();
  return messages.map(({ tool_calls: toolCalls, ...message }, i) => {
    const at = `messages[${i}]`;
    const calls = readCalls(toolCalls, `${at}.tool_calls`);
    for (const { id, name } of calls) if (id !== undefined) nameOf.set(id, name);
    if (message.role !== 'tool') return { ...message, calls };
    const { tool_call_id: id } = message;
    if (id === undefined || id === '')
      throw new Fault('MISSING_PARAMETER', {
        message: `\`${at}.tool_call_id\` must name the call that was answered.`,
        param: `${at}.tool_call_id`,
      });
    const name = nameOf.get(id);
    if (name === undefined) throw invalid('INVALID_VALUE', `${at}.tool_call_id`, 'answers no call of an earlier message');
    return { ...message, name: message.name ?? name, calls };
  });
}

function readCalls(toolCalls: unknown, at: string): PastCall[] {
  if (toolCalls === undefined || toolCalls === null) return [];
  if (!Array.isArray(toolCalls)) throw invalid('INVALID_TYPE', at, 'must be an array');
  return toolCalls.map((call: unknown, i) => readCall(call, `${at}[${i}]`));
}

function readCall(call: unknown, at: string): PastCall {
  if (!isJsonObject(call)) throw invalid('INVALID_TYPE', at, 'must be an object');
  const { id, function: called } = call;
  if (id !== undefined && typeof id !== 'string') throw invalid('INVALID_TYPE', `${at}.id`, 'must be a string');
  if (!isJsonObject(called)) throw invalid('INVALID_TYPE', `${at}.function`, 'must be an object');
  const { name, arguments: given } = called;
  if (typeof name !== 'string' || name === '') throw invalid('INVALID_TYPE', `${at}.function.name`, 'must be a name');
  return { id, name, argumentsText: readArguments(given, `${at}.function.arguments`) };
}

/** OpenAI's clients send them as JSON text; as an object they mean the same. */
function readArguments(given: unknown, at: string): string {
  if (isJsonObject(given)) return JSON.stringify(given);
  if (given === undefined || given === '') return '{}';
  const value = typeof given === 'string' ? parseJson(given) : undefined;
  if (isDeeperThan(value, JSON_DEPTH_MAX)) throw invalid('INVALID_VALUE', at, `may nest ${JSON_DEPTH_MAX} deep at most`);
  if (typeof given === 'string' && isJsonObject(value)) return given;
  throw invalid(typeof given === 'string' ? 'INVALID_VALUE' : 'INVALID_TYPE', at, 'must be a JSON object');
}

function invalid(code: 'INVALID_TYPE' | 'INVALID_VALUE', param: string, problem: string): Fault {
  return new Fault(code, { message: `\`${param}\` ${problem}.`, param });
}
