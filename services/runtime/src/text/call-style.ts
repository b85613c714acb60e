import { createHash } from 'node:crypto';
import type { HistoryMessage, PastCall } from './chat-history.ts';
import { parseJson } from './tools/json-scanner.ts';
import type { CallWriter } from './tools/write-calls.ts';
import { withOneCallEach, withResultsTold } from './written-history.ts';

/** How a template wants calls of earlier turns: nobody wrote that down, and each family does it another way. */
export type CallStyle = {
  /** `written` where it has no place for calls, and they are written into the content as the model writes them. */
  readonly callsAre: 'text' | 'object' | 'written';
  /** What an assistant that only calls has said. */
  readonly noContent: '' | null;
  /** Mistral's templates refuse ids of another length than nine. */
  readonly hasShortIds: boolean;
  /** Whether it shows what a tool returned; where it does not, the user tells. */
  readonly hasResults: boolean;
  /** Whether a message may have several calls; where it may not, each gets a message of its own. */
  readonly hasSeveralCalls: boolean;
  /** Whether it shows calls beside content; where it does not, both stand in the content. */
  readonly hasCallsBesideContent: boolean;
};

type Form = { readonly style: CallStyle; readonly writeCalls: CallWriter };

type Render = (messages: readonly object[]) => string;

/** For a conversation without calls. */
export const PLAIN: CallStyle = {
  callsAre: 'text',
  noContent: '',
  hasShortIds: false,
  hasResults: true,
  hasSeveralCalls: true,
  hasCallsBesideContent: true,
};

const nativeStyle = (style: Omit<CallStyle, 'hasSeveralCalls' | 'hasCallsBesideContent'>): CallStyle => ({ ...PLAIN, ...style });

/** Text first: it comes out as it was generated, so that its KV cache still fits. */
const STYLES: readonly CallStyle[] = [
  ...[true, false].flatMap((hasResults) =>
    [false, true].flatMap((hasShortIds) =>
      (['text', 'object'] as const).flatMap((callsAre) =>
        (['', null] as const).map((noContent) => nativeStyle({ callsAre, noContent, hasShortIds, hasResults })),
      ),
    ),
  ),
  { ...PLAIN, callsAre: 'written' },
  { ...PLAIN, callsAre: 'written', hasResults: false },
];

const FIRST = probeCall('0', 'probe value');
const SECOND = probeCall('1', 'other value');
const RESULT = 'probe result';
const PROBE = probeOf([FIRST]);
const PROBE_OF_TWO = probeOf([FIRST, SECOND]);
const PROBE_WITH_CONTENT = probeOf([FIRST], 'Probing.');
const WRITTEN_ARGUMENTS = /\{\s*"probe key"\s*:\s*"probe value"\s*\}/;

/** Tries what a template makes of a call, and takes the first style that shows most: what was called, and what came of it. */
export function findCallStyle(render: Render, writeCalls: CallWriter): CallStyle {
  const write = (style: CallStyle, probe: readonly HistoryMessage[]): string | undefined =>
    attempt(() => render(toTemplateMessages(probe, { style, writeCalls })));
  let [style, most]: [CallStyle, number] = [{ ...PLAIN, callsAre: 'object' }, 0];
  for (const candidate of STYLES) {
    const shown = rank(write(candidate, PROBE), candidate);
    if (shown > most) [style, most] = [candidate, shown];
    if (most === ALL_SHOWN) break;
  }
  if (style.callsAre === 'written') return style;
  const two = write(style, PROBE_OF_TWO);
  return {
    ...style,
    hasSeveralCalls: showsValue(FIRST, two) && showsValue(SECOND, two),
    hasCallsBesideContent: showsValue(FIRST, write(style, PROBE_WITH_CONTENT)),
  };
}

const ALL_SHOWN = 3;

function rank(text: string | undefined, style: CallStyle): number {
  if (showsCall(text, style)) return text?.includes(RESULT) ? ALL_SHOWN : 2;
  return text !== undefined && style.callsAre === 'object' ? 1 : 0;
}

/** Some write every argument in a tag of its own; text that is put into JSON once more is another matter. */
function showsCall(text: string | undefined, { callsAre }: CallStyle): boolean {
  if (text === undefined) return false;
  return WRITTEN_ARGUMENTS.test(text) || (callsAre === 'object' && text.includes('probe key') && showsValue(FIRST, text));
}

/** Messages as a template of this style reads them. */
export function toTemplateMessages(messages: readonly HistoryMessage[], { style, writeCalls }: Form): object[] {
  const apart = style.hasSeveralCalls ? messages : withOneCallEach(messages);
  const told = style.hasResults ? apart : withResultsTold(apart);
  return told.map((message) => toTemplateMessage(message, { style, writeCalls }));
}

function toTemplateMessage({ calls, tool_call_id: answered, ...message }: HistoryMessage, form: Form): object {
  return {
    ...message,
    ...(calls.length === 0 ? undefined : toTemplateCalls({ calls, content: message.content }, form)),
    ...(answered === undefined ? undefined : { tool_call_id: toId(answered, form.style) }),
  };
}

function toTemplateCalls({ calls, content }: Pick<HistoryMessage, 'calls' | 'content'>, { style, writeCalls }: Form): object {
  const isWritten = style.callsAre === 'written' || (content !== '' && !style.hasCallsBesideContent);
  if (isWritten) return { content: [...(content === '' ? [] : [content]), writeCalls(calls)].join('\n') };
  return { content: content === '' ? style.noContent : content, tool_calls: calls.map((call) => toTemplateCall(call, style)) };
}

function toTemplateCall({ id, name, argumentsText }: PastCall, style: CallStyle): object {
  return {
    ...(id === undefined ? undefined : { id: toId(id, style) }),
    type: 'function',
    function: { name, arguments: style.callsAre === 'text' ? argumentsText : parseJson(argumentsText) },
  };
}

function toId(id: string, { hasShortIds }: CallStyle): string {
  if (!hasShortIds || /^[a-zA-Z0-9]{9}$/.test(id)) return id;
  return createHash('sha256').update(id).digest('hex').slice(0, 9);
}

type Probe = PastCall & { readonly id: string; readonly value: string };

function probeCall(digit: string, value: string): Probe {
  return { id: `call_${digit.repeat(24)}`, name: 'probe', argumentsText: JSON.stringify({ 'probe key': value }), value };
}

function probeOf(calls: readonly Probe[], content = ''): readonly HistoryMessage[] {
  return [
    { role: 'user', content: 'Probe.', calls: [] },
    { role: 'assistant', content, calls },
    ...calls.map(({ id, name }) => ({ role: 'tool', content: RESULT, tool_call_id: id, name, calls: [] })),
  ];
}

function showsValue({ value }: Probe, text: string | undefined): boolean {
  return text?.includes(value) ?? false;
}

function attempt(render: () => string): string | undefined {
  try {
    return render();
  } catch {
    return undefined;
  }
}
