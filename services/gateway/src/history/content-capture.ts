import type { RequestContent } from '@sluice/prisma/append-requests';
import type { CapturedContent, Exchange } from '../http/exchange.ts';
import { AnswerChoices, type AnswerChoice } from '../inference/answer-choices.ts';
import type { TokenSink } from '../inference/token-sink.ts';

/** The longest prompt or answer that is kept whole. */
const LENGTH_MAX = 256 * 1024;
const CUT_MARK = '\n[cut]';

/** Keeps the body of a request whose project stores content, and does nothing for any other. */
export function captureInput(exchange: Exchange, body: unknown): void {
  if (exchange.key?.storesContent) exchange.content = { input: body, output: new AnswerChoices() };
}

/** A sink that keeps what passes; the sink itself when the project stores nothing. */
export function captureOutput(sink: TokenSink, exchange: Exchange): TokenSink {
  const { content } = exchange;
  if (!content) return sink;
  const { output } = content;
  let length = 0;
  return {
    queued: (position) => sink.queued(position),
    started: (profile) => sink.started(profile),
    delta: (text, index) => {
      // One more than is kept, so that a cut shows.
      if (length <= LENGTH_MAX) output.delta(text, index);
      length += text.length;
      sink.delta(text, index);
    },
    detailed: (text, index, details) => {
      // Log probabilities are many times as long as what they are of.
      if (length <= LENGTH_MAX) output.detailed(text, index, { ...details, logprobs: [] });
      length += text.length + details.reasoning.length;
      for (const call of details.toolCalls) length += call.arguments.length;
      sink.detailed(text, index, details);
    },
    choiceEnd: (index, reason) => sink.choiceEnd(index, reason),
    flush: () => sink.flush(),
  };
}

/** What was captured, as Postgres can hold it. An output is its text, or a JSON array of messages where there is more to it. What is longer than 256 Ki characters is cut, and says so: an input becomes `{"cut": true, "text": …}`. */
export function toRequestContent({ input, output }: CapturedContent): RequestContent {
  const json = withoutUnstorable(JSON.stringify(input));
  const text = toText(output.all);
  return {
    input: json.length <= LENGTH_MAX ? json : JSON.stringify({ cut: true, text: json.slice(0, LENGTH_MAX).toWellFormed() }),
    output: (text.length <= LENGTH_MAX ? text : text.slice(0, LENGTH_MAX) + CUT_MARK).toWellFormed().replaceAll('\0', '\uFFFD'),
  };
}

function toText(choices: readonly AnswerChoice[]): string {
  const [first] = choices;
  if (!first) return '';
  if (choices.length === 1 && first.reasoning === '' && first.toolCalls.length === 0) return first.text;
  const messages = choices.map(({ text, reasoning, toolCalls }) => ({
    content: text,
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls }),
  }));
  return JSON.stringify(messages);
}

/** JSON.stringify escapes surrogates only where they are alone; taking escapes two characters at a time, `\\u0000` stays what it is. */
function withoutUnstorable(json: string): string {
  return json.replaceAll(/\\(?:u0000|ud[89a-f][0-9a-f]{2}|.)/g, (escape) => (/^\\u(?:0000|d)/.test(escape) ? String.raw`\ufffd` : escape));
}
