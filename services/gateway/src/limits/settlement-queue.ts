import type { Demand, Settlement } from './limiter.ts';

/** What Redis is to be told once it can be. Without a settlement: whatever was taken for the demand is to be taken back. */
export type Undelivered = {
  readonly demand: Demand;
  readonly settlement: Settlement | undefined;
};

/** What waits to be booked, in the order in which it came. Bounded: past that the oldest goes, because its buckets have refilled the longest since. */
export class SettlementQueue {
  readonly #max: number;
  #items: Undelivered[] = [];
  /** Everything before it is gone; cutting the array each time would move all the rest. */
  #first = 0;
  #dropped = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#items.length - this.#first;
  }

  /** How many were given up since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  push(item: Undelivered): void {
    if (this.size >= this.#max) this.drop(1);
    this.#items.push(item);
  }

  /** The oldest ones, which stay. */
  peek(count: number): readonly Undelivered[] {
    return this.#items.slice(this.#first, this.#first + count);
  }

  /** Removes the oldest ones: they arrived. */
  shift(count: number): void {
    this.#first = Math.min(this.#items.length, this.#first + count);
    if (this.#first * 2 < this.#items.length) return;
    this.#items = this.#items.slice(this.#first);
    this.#first = 0;
  }

  /** Removes the oldest ones: they never will. */
  drop(count: number): void {
    this.#dropped += Math.min(count, this.size);
    this.shift(count);
  }
}
