import type { BucketLevel } from './bucket-level.ts';

/** What is counted of one scope. */
export type LocalScope = {
  /** By bucket. */
  readonly levels: Map<string, BucketLevel>;
  /** Places taken, by gauge. */
  readonly taken: Map<string, number>;
  /** The ranks of those who wait, by id. */
  readonly line: Map<string, number>;
};

/** How many of the longest unused are looked at for one that can go. */
const LOOKS_MAX = 16;

/** Scopes in memory, to a bound: the one that was not asked for the longest goes first, because its buckets are the likeliest to be full again. One that somebody holds a place in stays. */
export class LocalScopes {
  readonly #max: number;
  /** From the longest unused to the last used. */
  readonly #scopes = new Map<string, LocalScope>();

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#scopes.size;
  }

  /** Undefined where nothing was ever taken. */
  peek(name: string): LocalScope | undefined {
    return this.#scopes.get(name);
  }

  /** To take something. */
  use(name: string): LocalScope {
    const scope = this.#scopes.get(name) ?? { levels: new Map(), taken: new Map(), line: new Map() };
    this.#scopes.delete(name);
    this.#scopes.set(name, scope);
    if (this.#scopes.size > this.#max) this.#forgetOne(name);
    return scope;
  }

  #forgetOne(except: string): void {
    let looks = 0;
    for (const [name, { taken, line }] of this.#scopes) {
      if (looks++ === LOOKS_MAX) return;
      if (name === except || taken.size > 0 || line.size > 0) continue;
      this.#scopes.delete(name);
      return;
    }
  }
}
