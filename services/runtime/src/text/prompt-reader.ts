import { setImmediate as nextTurn } from 'node:timers/promises';
import { Fault } from '@sluice/platform/fault';
import { concatenateTokens } from './concatenate-tokens.ts';
import { assertCut } from './text-cutter.ts';
import type { Tokenizer } from './tokenizer.ts';

type Vocabulary = Pick<Tokenizer, 'encode' | 'encodeMore' | 'cut' | 'bytesPerTokenMax'>;

/** Reads the text of a prompt, part by part, and no further than the context goes: tokens are made on the thread that runs the steps. */
export class PromptReader {
  readonly #tokenizer: Vocabulary;
  readonly #contextTokens: number;

  constructor(tokenizer: Vocabulary, contextTokens: number) {
    this.#tokenizer = tokenizer;
    this.#contextTokens = contextTokens;
  }

  /** Throws a Fault for a text that has more tokens than the context, whatever they are. */
  assertFits(text: string, param: string): void {
    const { bytesPerTokenMax } = this.#tokenizer;
    const bytes = Buffer.byteLength(text);
    if (bytes > bytesPerTokenMax * this.#contextTokens) throw this.#tooLong(Math.ceil(bytes / bytesPerTokenMax), param);
  }

  /** The tokens of a text in parts: no token reaches from one into the next. Throws a Fault for more than the context holds. */
  read(parts: readonly string[], param: string): Uint32Array {
    const tokens: Uint32Array[] = [];
    for (const part of this.#tokensOf(parts, param)) tokens.push(part);
    return concatenateTokens(tokens);
  }

  /** The same, with a turn for other work after each part. */
  async readInTurns(parts: readonly string[], param: string): Promise<Uint32Array> {
    const tokens: Uint32Array[] = [];
    for (const part of this.#tokensOf(parts, param)) {
      tokens.push(part);
      await nextTurn();
    }
    return concatenateTokens(tokens);
  }

  *#tokensOf(texts: readonly string[], param: string): Generator<Uint32Array> {
    const { cut } = this.#tokenizer;
    const parts = cut ? texts.flatMap(cut) : texts;
    if (cut) assertCut(parts, param);
    let count = 0;
    for (const [i, part] of parts.entries()) {
      if (count > this.#contextTokens) throw this.#tooLong(count, param);
      const tokens = i === 0 ? this.#tokenizer.encode(part) : this.#tokenizer.encodeMore(part);
      count += tokens.length;
      yield tokens;
    }
  }

  #tooLong(tokensAtLeast: number, param: string): Fault {
    return new Fault('CONTEXT_LENGTH_EXCEEDED', {
      message: `This model's maximum context length is ${this.#contextTokens} tokens. However, your prompt has at least ${tokensAtLeast} tokens. Please reduce the length of the prompt.`,
      param,
    });
  }
}
