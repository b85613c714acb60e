import type { OutputPiece, TextSink } from '../scheduler/generation.ts';
import type { AnswerSplitter } from './answer/answer-splitter.ts';
import type { TokenBytes } from './token-bytes.ts';

export type AnswerTextOptions = {
  readonly tokenBytes: TokenBytes;
  /** The control tokens that have a meaning in the answer, as they are written. */
  readonly markup: ReadonlyMap<number, string>;
  readonly splitter: AnswerSplitter;
  /** Thoughts are ended after this many tokens. */
  readonly reasoningTokensMax: number | undefined;
  /** What is said instead of more thoughts. */
  readonly endOfThoughts: readonly number[];
};

/** One answer's way from tokens to content, thoughts and calls. */
export class AnswerText implements TextSink {
  readonly #options: AnswerTextOptions;
  readonly #decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });
  #reasoningTokens = 0;
  #hasEndedThoughts = false;

  constructor(options: AnswerTextOptions) {
    this.#options = options;
  }

  get reasoningTokens(): number {
    return this.#reasoningTokens;
  }

  push(token: number): OutputPiece {
    const text = this.#textOf(token);
    const { splitter } = this.#options;
    const wasThinking = splitter.isThinking;
    const piece = text === '' ? NOTHING : splitter.push(text);
    if (!splitter.isThinking) return piece;
    if (wasThinking) this.#reasoningTokens++;
    return this.#mustEndThoughts() ? { ...piece, forcedTokens: this.#options.endOfThoughts } : piece;
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

  #mustEndThoughts(): boolean {
    const { reasoningTokensMax } = this.#options;
    if (reasoningTokensMax === undefined || this.#hasEndedThoughts || this.#reasoningTokens < reasoningTokensMax) return false;
    this.#hasEndedThoughts = true;
    return true;
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
