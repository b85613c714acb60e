import { KeyedNumbers } from './keyed-numbers.ts';

export type WatermarkSettings = {
  readonly key: string;
  /** The share of tokens that are green after any token. */
  readonly gamma: number;
  /** Added to the logits of green tokens. */
  readonly delta: number;
};

/** The keyed numbers are below this. */
const NUMBERS = 2 ** 16;

/**
 * Kirchenbauer et al., arXiv 2301.10226: the token before decides, by a secret key, which tokens are green. A marked text
 * has more of them than chance gives; nobody without the key can tell which they are.
 */
export class Watermark {
  /** What was asked for, to the nearest 65,536th. */
  readonly gamma: number;
  readonly delta: number;
  readonly #numbers: KeyedNumbers;
  readonly #bound: number;
  /** Where a list is written before its length is known. */
  #scratch = new Uint32Array(0);

  constructor({ key, gamma, delta }: WatermarkSettings) {
    this.#numbers = new KeyedNumbers(key);
    this.#bound = Math.max(1, Math.round(gamma * NUMBERS));
    this.gamma = this.#bound / NUMBERS;
    this.delta = delta;
  }

  /** The tokens of a vocabulary that are green after this one, rising. */
  greenAfter(previous: number, vocabularySize: number): Uint32Array {
    const numbers = this.#numbers.row(previous, vocabularySize);
    const bound = this.#bound;
    if (this.#scratch.length < vocabularySize) this.#scratch = new Uint32Array(vocabularySize);
    const green = this.#scratch;
    let count = 0;
    // Without a branch, which chance would make the processor guess wrong.
    for (let token = 0; token < vocabularySize; token++) {
      green[count] = token;
      count += Number((numbers[token] ?? NUMBERS) < bound);
    }
    return green.slice(0, count);
  }

  isGreen(previous: number, token: number): boolean {
    return this.#numbers.at(previous, token) < this.#bound;
  }
}
