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
    for (const token of history.slice(-params.lastTokens)) this.#append(token);
    this.#penalties = this.#penaltiesNow();
  }

  /** What is taken from the token's logit. */
  penalty(token: number): number {
    return this.#penalties.get(token) ?? 0;
  }

  accept(token: number): void {
    this.#append(token);
    this.#penalties = this.#penaltiesNow();
  }

  #append(token: number): void {
    const place = this.#tokens.push(token) - 1;
    const places = this.#placesOf.get(token) ?? [];
    const repeated = new Map<number, number>();
    for (const earlier of places) repeated.set(earlier, (this.#repeated.get(earlier - 1) ?? 0) + 1);
    this.#repeated = repeated;
    places.push(place);
    this.#placesOf.set(token, places);
    this.#sinceBreaker = this.#params.breakers.endsWith(this.#tokens) ? 0 : this.#sinceBreaker + 1;
    if (this.#tokens.length >= 2 * this.#params.lastTokens + 64) this.#forget();
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

  /** Starts anew with the tokens that are still looked at, so that a long text holds no more than twice as many. */
  #forget(): void {
    const kept = this.#tokens.splice(0).slice(-this.#params.lastTokens);
    this.#placesOf.clear();
    this.#repeated = new Map();
    this.#sinceBreaker = 0;
    for (const token of kept) this.#append(token);
  }
}
