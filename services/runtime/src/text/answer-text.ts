import type { OutputPiece, TextSink } from '../scheduler/generation.ts';
import type { AnswerSplitter } from './answer/answer-splitter.ts';
import type { StopMatcher } from './stop-matcher.ts';
import type { TokenBytes } from './token-bytes.ts';

export type AnswerTextOptions = {
  readonly tokenBytes: TokenBytes;
  /** The control tokens that have a meaning in the answer, as they are written. */
  readonly markup: ReadonlyMap<number, string>;
  readonly splitter: AnswerSplitter;
  /** Those that the answer's content may end at. */
  readonly stops: StopMatcher;
  /** Thoughts are ended after this many tokens. */
  readonly reasoningTokensMax: number | undefined;
  /** What is said instead of more thoughts: the first time, the second and so on; the last of them as often as it takes. */
  readonly endsOfThoughts: readonly (readonly number[])[];
};

/** One answer's way from tokens to content, thoughts and calls. */
export class AnswerText implements TextSink {
  readonly #options: AnswerTextOptions;
  readonly #decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });
  #reasoningTokens = 0;
  #timesEnded = 0;
  /** Whether an end is being said. */
  #isEnding = false;

  constructor(options: AnswerTextOptions) {
    this.#options = options;
  }

  get reasoningTokens(): number {
    return this.#reasoningTokens;
  }

  get markup(): ReadonlyMap<number, string> {
    return this.#options.markup;
  }

  get tokensUntilForced(): number | undefined {
    const { reasoningTokensMax } = this.#options;
    // Each token is one more thought at most.
    return reasoningTokensMax === undefined ? undefined : Math.max(1, reasoningTokensMax - this.#reasoningTokens);
  }

  push(token: number): OutputPiece {
    const { splitter, stops } = this.#options;
    stops.countToken();
    const text = this.#textOf(token);
    const wasThinking = splitter.isThinking;
    const piece = text === '' ? NOTHING : splitter.push(text);
    if (!splitter.isThinking) {
      this.#isEnding = false;
      return piece;
    }
    if (wasThinking) this.#reasoningTokens++;
    const end = this.#endToForce();
    return end ? { ...piece, forcedTokens: end } : piece;
  }

  flush(): OutputPiece {
    const { splitter } = this.#options;
    const last = splitter.push(this.#decoder.decode());
    const rest = last.match === undefined && !last.isComplete ? splitter.flush() : NOTHING;
    return joined(last, rest);
  }

  #textOf(token: number): string {
    const markup = this.#options.markup.get(token);
    if (markup !== undefined) return this.#decoder.decode() + markup;
    const bytes = this.#options.tokenBytes[token];
    return bytes && bytes.length > 0 ? this.#decoder.decode(bytes, { stream: true }) : '';
  }

  #endToForce(): readonly number[] | undefined {
    const { reasoningTokensMax, endsOfThoughts } = this.#options;
    if (reasoningTokensMax === undefined || this.#isEnding || this.#reasoningTokens < reasoningTokensMax) return undefined;
    this.#isEnding = true;
    return endsOfThoughts[Math.min(this.#timesEnded++, endsOfThoughts.length - 1)];
  }
}

const NOTHING: OutputPiece = { text: '', match: undefined };

function joined(first: OutputPiece, second: OutputPiece): OutputPiece {
  const reasoning = (first.reasoning ?? '') + (second.reasoning ?? '');
  const toolCalls = [...(first.toolCalls ?? []), ...(second.toolCalls ?? [])];
  return {
    text: first.text + second.text,
    match: first.match ?? second.match,
    ...(reasoning === '' ? undefined : { reasoning }),
    ...(toolCalls.length === 0 ? undefined : { toolCalls }),
  };
}
