import type { Adapter } from '../engine/engine.ts';

/** One load of an adapter into one engine, and who uses it. */
export class LoadedAdapter {
  readonly name: string;
  /** The one load that all of its first users wait for. */
  readonly adapter: Promise<Adapter>;
  #users = 0;
  #lastUse = 0;
  #isReady = false;
  #isRetired = false;

  constructor(name: string, adapter: Promise<Adapter>) {
    this.name = name;
    this.adapter = adapter;
    adapter.then(
      () => (this.#isReady = true),
      () => {},
    );
  }

  get users(): number {
    return this.#users;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** Grows with every use, so that the smallest was used longest ago. */
  get lastUse(): number {
    return this.#lastUse;
  }

  /** Nobody new gets it, and it goes with its last user. */
  get isRetired(): boolean {
    return this.#isRetired;
  }

  take(use: number): void {
    this.#users++;
    this.#lastUse = use;
  }

  giveBack(): void {
    this.#users--;
  }

  retire(): void {
    this.#isRetired = true;
  }
}
