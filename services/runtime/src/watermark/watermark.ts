import { KeyedHash } from './keyed-hash.ts';

export type WatermarkSettings = {
  readonly key: string;
  /** The share of tokens that are green after any token. */
  readonly gamma: number;
  /** Added to the logits of green tokens. */
  readonly delta: number;
};

/**
 * Kirchenbauer et al., arXiv 2301.10226: the token before decides, by a secret key, which tokens are green. A marked text
 * has more of them than chance gives; nobody without the key can tell which they are.
 */
export class Watermark {
  readonly gamma: number;
  readonly delta: number;
  readonly #hash: KeyedHash;
  readonly #bound: number;

  constructor({ key, gamma, delta }: WatermarkSettings) {
    this.gamma = gamma;
    this.delta = delta;
    this.#hash = new KeyedHash(key);
    this.#bound = gamma * 2 ** 32;
  }

  /** Which tokens are green after this one. */
  greenAfter(previous: number): (token: number) => boolean {
    const hash = this.#hash.after(previous);
    return (token) => hash(token) < this.#bound;
  }
}
