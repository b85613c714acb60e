import type { RequestContent } from '@sluice/prisma/append-requests';
import type { CapturedContent, Exchange } from '../http/exchange.ts';
import type { TokenSink } from '../inference/attempt.ts';

/** The longest prompt or answer that is kept whole. */
const LENGTH_MAX = 256 * 1024;
const CUT_MARK = '\n[cut]';

/** Keeps the body of a request whose project stores content, and does nothing for any other. */
export function captureInput(exchange: Exchange, body: unknown): void {
  if (exchange.key?.storesContent) exchange.content = { input: body, output: '' };
}

/** A sink that keeps what passes; the sink itself when the project stores nothing. */
export function captureOutput(sink: TokenSink, exchange: Exchange): TokenSink {
  const { content } = exchange;
  if (!content) return sink;
  return {
    delta: (text) => {
      // One more than is kept, so that a cut shows.
      if (content.output.length <= LENGTH_MAX) content.output += text;
      sink.delta(text);
    },
    flush: () => sink.flush(),
  };
}

/** What was captured, as Postgres can hold it. What is longer than 256 Ki characters is cut, and says so: an input becomes `{"cut": true, "text": …}`. */
export function toRequestContent({ input, output }: CapturedContent): RequestContent {
  const json = withoutUnstorable(JSON.stringify(input));
  return {
    input: json.length <= LENGTH_MAX ? json : JSON.stringify({ cut: true, text: json.slice(0, LENGTH_MAX).toWellFormed() }),
    output: (output.length <= LENGTH_MAX ? output : output.slice(0, LENGTH_MAX) + CUT_MARK).toWellFormed().replaceAll('\0', '\uFFFD'),
  };
}

/** JSON.stringify escapes surrogates only where they are alone; taking escapes two characters at a time, `\\u0000` stays what it is. */
function withoutUnstorable(json: string): string {
  return json.replaceAll(/\\(?:u0000|ud[89a-f][0-9a-f]{2}|.)/g, (escape) => (/^\\u(?:0000|d)/.test(escape) ? String.raw`\ufffd` : escape));
}
