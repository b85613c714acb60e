import type { DryBreakers } from './dry-breakers.ts';

export type DryParams = {
  readonly multiplier: number;
  readonly base: number;
  /** Repetitions up to this many tokens cost nothing. */
  readonly allowedLength: number;
  /** Tokens looked back at. */
  readonly lastTokens: number;
  readonly breakers: DryBreakers;
};

/** Larger powers would not fit into llama.cpp's floats, either. */
const POWER_MAX = 3.4e38;

/**
 * "Don't repeat yourself", as llama.cpp does it: a token that would continue a repetition of n tokens loses
 * multiplier · base^(n − allowed length). A repetition does not reach across a sequence breaker.
 *
 * A token costs as much as there are earlier places of the same token, not as much as the text is long.
 */
export class Dry {
  readonly #params: DryParams;
  readonly #tokens: number[] = [];
  readonly #placesOf = new Map<number, number[]>();
  /** For every place that ends like the text does: how many tokens are the same. */
  #repeated = new Map<number, number>();
  /** Tokens since the last sequence breaker. */
  #sinceBreaker = 0;
  #penalties: ReadonlyMap<number, number> = new Map();

  constructor(params: DryParams, history: readonly number[]) {
    this.#params = params;
    this.#begin(history.slice(-params.lastTokens));
    this.#penalties = this.#penaltiesNow();
  }

  /** What is taken from the token's logit. */
  penalty(token: number): number {
    return this.#penalties.get(token) ?? 0;
  }

  accept(token: number): void {
    const repeated = new Map<number, number>();
    for (const earlier of this.#placesOf.get(token) ?? []) repeated.set(earlier, (this.#repeated.get(earlier - 1) ?? 0) + 1);
    this.#append(token);
    this.#repeated = repeated;
    // Only the tokens that are still looked at are kept; starting anew costs as much as there are, and comes as seldom.
    if (this.#tokens.length >= 2 * this.#params.lastTokens + 64) this.#begin(this.#tokens.splice(0).slice(-this.#params.lastTokens));
    this.#penalties = this.#penaltiesNow();
  }

  #begin(tokens: readonly number[]): void {
    this.#placesOf.clear();
    this.#sinceBreaker = 0;
    for (const token of tokens) this.#append(token);
    this.#repeated = repeatedSuffixes(tokens);
  }

  #append(token: number): void {
    const place = this.#tokens.push(token) - 1;
    const places = this.#placesOf.get(token);
    if (places) places.push(place);
    else this.#placesOf.set(token, [place]);
    this.#sinceBreaker = this.#params.breakers.endsWith(this.#tokens) ? 0 : this.#sinceBreaker + 1;
  }

  #penaltiesNow(): ReadonlyMap<number, number> {
    const { allowedLength, lastTokens, multiplier, base, breakers } = this.#params;
    const start = Math.max(0, this.#tokens.length - lastTokens);
    const longest = new Map<number, number>();
    for (const [place, same] of this.#repeated) {
      const length = Math.min(same, this.#sinceBreaker, place - start + 1);
      const next = this.#tokens[place + 1];
      if (length < Math.max(1, allowedLength) || next === undefined || breakers.isBreaker(next)) continue;
      longest.set(next, Math.max(length, longest.get(next) ?? 0));
    }
    return new Map([...longest].map(([token, length]) => [token, Math.min(multiplier * base ** (length - allowedLength), POWER_MAX)]));
  }
}

/** For every place before the last at which the tokens end like the whole does: how many are the same. The Z-algorithm, backwards. */
function repeatedSuffixes(tokens: readonly number[]): Map<number, number> {
  const last = tokens.length - 1;
  const same = new Int32Array(tokens.length);
  let [left, right] = [0, 0];
  for (let k = 1; k <= last; k++) {
    let length = k < right ? Math.min(right - k, same[k - left] ?? 0) : 0;
    while (k + length <= last && tokens[last - length] === tokens[last - k - length]) length++;
    same[k] = length;
    if (k + length > right) [left, right] = [k, k + length];
  }
  const repeated = new Map<number, number>();
  for (let k = 1; k <= last; k++) if (same[k]) repeated.set(last - k, same[k] ?? 0);
  return repeated;
}
