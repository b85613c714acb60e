import { createHash } from 'node:crypto';
import type { HistoryMessage, PastCall } from './chat-history.ts';
import { parseJson } from './tools/json-scanner.ts';

/** How a template wants calls of earlier turns: nobody wrote that down, and each family does it another way. */
export type CallStyle = {
  readonly argumentsAre: 'text' | 'object';
  /** What an assistant that only calls has said. */
  readonly noContent: '' | null;
  /** Mistral's templates refuse ids of another length than nine. */
  readonly hasShortIds: boolean;
};

type Render = (messages: readonly object[]) => string;

/** Text first: it comes out as it was generated, so that its KV cache still fits. */
const STYLES: readonly CallStyle[] = [false, true].flatMap((hasShortIds) =>
  (['text', 'object'] as const).flatMap((argumentsAre) =>
    (['', null] as const).map((noContent) => ({ argumentsAre, noContent, hasShortIds })),
  ),
);

const PROBE: readonly HistoryMessage[] = [
  { role: 'user', content: 'Probe.', calls: [] },
  {
    role: 'assistant',
    content: '',
    calls: [{ id: 'call_0123456789abcdefABCDEFgh', name: 'probe', argumentsText: '{"probe key": "probe value"}' }],
  },
  { role: 'tool', content: 'probed', tool_call_id: 'call_0123456789abcdefABCDEFgh', name: 'probe', calls: [] },
];
const WRITTEN_ARGUMENTS = /\{\s*"probe key"\s*:\s*"probe value"\s*\}/;

/** Tries what a template makes of a call, and takes the first style that shows its arguments. */
export function findCallStyle(render: Render): CallStyle {
  const outcomes = STYLES.map((style) => ({ style, text: attempt(render, style) }));
  const found = outcomes.find(({ text }) => text !== undefined && WRITTEN_ARGUMENTS.test(text));
  // Some write every argument in a tag of its own, or no call at all.
  const fallback = outcomes.find(({ style, text }) => text !== undefined && style.argumentsAre === 'object') ?? outcomes.at(0);
  return (found ?? fallback)?.style ?? { argumentsAre: 'object', noContent: '', hasShortIds: false };
}

/** Messages as a template of this style reads them. */
export function toTemplateMessages(messages: readonly HistoryMessage[], style: CallStyle): object[] {
  return messages.map(({ calls, tool_call_id: answered, ...message }) => ({
    ...message,
    ...(calls.length === 0
      ? undefined
      : {
          content: message.content === '' ? style.noContent : message.content,
          tool_calls: calls.map((call) => toTemplateCall(call, style)),
        }),
    ...(answered === undefined ? undefined : { tool_call_id: toId(answered, style) }),
  }));
}

function toTemplateCall({ id, name, argumentsText }: PastCall, style: CallStyle): object {
  return {
    ...(id === undefined ? undefined : { id: toId(id, style) }),
    type: 'function',
    function: { name, arguments: style.argumentsAre === 'text' ? argumentsText : parseJson(argumentsText) },
  };
}

function toId(id: string, { hasShortIds }: CallStyle): string {
  if (!hasShortIds || /^[a-zA-Z0-9]{9}$/.test(id)) return id;
  return createHash('sha256').update(id).digest('hex').slice(0, 9);
}

function attempt(render: Render, style: CallStyle): string | undefined {
  try {
    return render(toTemplateMessages(PROBE, style));
  } catch {
    return undefined;
  }
}
