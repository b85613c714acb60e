import type { HistoryMessage } from './chat-history.ts';

/** For templates that show one call of a message at most: each call gets a message of its own, and its result after it. */
export function withOneCallEach(messages: readonly HistoryMessage[]): HistoryMessage[] {
  return messages.flatMap((message, i) => {
    if (message.role === 'tool' && isMoved(messages, i)) return [];
    if (message.calls.length < 2) return [message];
    const results = resultsAfter(messages, i);
    const turns = message.calls.flatMap((call, j) => [
      j === 0 ? { ...message, calls: [call] } : { role: message.role, content: '', calls: [call] },
      ...results.filter(({ tool_call_id: answered }) => answered === call.id),
    ]);
    return [...turns, ...results.filter((result) => !turns.includes(result))];
  });
}

/** Whether a result stands right after a message with several calls, or other results of it. */
function isMoved(messages: readonly HistoryMessage[], i: number): boolean {
  const caller = messages.slice(0, i).findLast(({ role }) => role !== 'tool');
  return caller !== undefined && caller.calls.length > 1;
}

function resultsAfter(messages: readonly HistoryMessage[], i: number): readonly HistoryMessage[] {
  const end = messages.findIndex(({ role }, j) => j > i && role !== 'tool');
  return messages.slice(i + 1, end < 0 ? undefined : end);
}

/** For templates without a place for results: the user tells them, in one turn with what else he says, since many want turns to alternate. */
export function withResultsTold(messages: readonly HistoryMessage[]): HistoryMessage[] {
  const told: HistoryMessage[] = [];
  let isTelling = false;
  for (const message of messages) {
    const isResult = message.role === 'tool';
    const content = isResult ? `<tool_response>\n${message.content}\n</tool_response>` : message.content;
    const last = told.at(-1);
    if (last && isTelling && (isResult || message.role === 'user')) {
      told[told.length - 1] = { ...last, content: `${last.content}\n${content}` };
    } else {
      told.push(isResult ? { role: 'user', content, calls: [] } : message);
    }
    isTelling = isResult;
  }
  return told;
}
