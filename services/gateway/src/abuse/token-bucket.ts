import type { Clock } from '@sluice/platform/clock';

export type BucketSize = {
  /** So many at once, after a quiet while. */
  readonly burst: number;
  readonly perSecond: number;
};

/** Far less than one of anything, and more than adding and dividing gets wrong. */
const ROUNDING = 1e-4;

/** Counts what happens in this process and refills all the time. */
export class TokenBucket {
  readonly #clock: Clock;
  /** What one refills in. */
  readonly #unitMs: number;
  /** What all refill in. */
  readonly #spanMs: number;
  /** Kept instead of a count, which would add up rounding errors. */
  #fullAtMs = -Infinity;

  constructor({ burst, perSecond }: BucketSize, clock: Clock) {
    this.#clock = clock;
    this.#unitMs = 1_000 / perSecond;
    this.#spanMs = burst * this.#unitMs;
  }

  /** Takes one if there is one. */
  take(): boolean {
    if (this.waitMs > 0) return false;
    this.#fullAtMs = Math.max(this.#fullAtMs, this.#clock.monotonicMs()) + this.#unitMs;
    return true;
  }

  /** Whole ones that are there to be taken. */
  get remaining(): number {
    const missingMs = Math.max(0, this.#fullAtMs - this.#clock.monotonicMs());
    return Math.floor((this.#spanMs - missingMs) / this.#unitMs + ROUNDING);
  }

  /** Until all are there. */
  get fullInMs(): number {
    return this.#untilMs(this.#fullAtMs);
  }

  /** Until there is one to take; 0 when there is. */
  get waitMs(): number {
    return this.#untilMs(this.#fullAtMs + this.#unitMs - this.#spanMs);
  }

  #untilMs(atMs: number): number {
    return Math.max(0, Math.ceil(atMs - this.#clock.monotonicMs() - ROUNDING));
  }
}
