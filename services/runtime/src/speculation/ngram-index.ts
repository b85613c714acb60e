/** Longer matches are rarer, and righter. */
const LENGTHS = [4, 2] as const;

/** Beyond any vocabulary; keeps the keys of all n-grams of up to four tokens apart as far as a double goes. */
const BASE = 524_287;

/**
 * Finds where the last few tokens of a sequence stood before in it, and what followed there (prompt lookup decoding).
 * Texts that quote, summarise or correct what they were given repeat much of it. Grows with its sequence, token by token.
 */
export class NgramIndex {
  readonly #tokens: number[] = [];
  /** By length of the n-gram: its key to where it was followed last. */
  readonly #follows = LENGTHS.map(() => new Map<number, number>());

  get length(): number {
    return this.#tokens.length;
  }

  push(token: number): void {
    const at = this.#tokens.length;
    // What ended just before this token is followed by it.
    for (const [i, length] of LENGTHS.entries()) if (at >= length) this.#follows[i]?.set(this.#keyOfLast(length), at);
    this.#tokens.push(token);
  }

  /** What followed the last time that the sequence stood as it stands now; empty when it never did. */
  propose(tokensMax: number): number[] {
    for (const [i, length] of LENGTHS.entries()) {
      if (this.#tokens.length < length) continue;
      const at = this.#follows[i]?.get(this.#keyOfLast(length));
      if (at !== undefined) return this.#tokens.slice(at, at + tokensMax);
    }
    return [];
  }

  /** Two n-grams with one key make a bad guess, which costs a little time and nothing else. */
  #keyOfLast(length: number): number {
    let key = 0;
    for (let i = this.#tokens.length - length; i < this.#tokens.length; i++)
      key = (key * BASE + (this.#tokens[i] ?? 0)) % Number.MAX_SAFE_INTEGER;
    return key;
  }
}
