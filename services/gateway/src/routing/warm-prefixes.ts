import type { Clock } from '@sluice/platform/clock';

/** A worker has read a prompt it was sent, and said so, long before that. */
const SENT_AGE_MAX_MS = 10_000;
/** Beginnings of prompts sent to one worker in that time. */
const SENT_MAX = 4_096;

/** The beginnings of prompts that a worker holds: those it reports, and those that were sent to it lately. */
export class WarmPrefixes {
  readonly #clock: Clock;
  #reported: ReadonlySet<number> = new Set();
  /** In order of sending. */
  readonly #sentAtMs = new Map<number, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  report(digests: readonly number[]): void {
    this.#reported = new Set(digests);
  }

  sent(digests: readonly number[]): void {
    const nowMs = this.#clock.monotonicMs();
    for (const digest of digests) {
      this.#sentAtMs.delete(digest);
      this.#sentAtMs.set(digest, nowMs);
    }
    for (const [digest, sentAtMs] of this.#sentAtMs) {
      if (this.#sentAtMs.size <= SENT_MAX && nowMs - sentAtMs < SENT_AGE_MAX_MS) break;
      this.#sentAtMs.delete(digest);
    }
  }

  /** How many of a prompt's beginnings it holds, counted from the longest that it holds: 0 is none. */
  depthOf(digests: readonly number[]): number {
    const nowMs = this.#clock.monotonicMs();
    for (let depth = digests.length; depth > 0; depth--) {
      const digest = digests[depth - 1];
      if (digest === undefined) continue;
      if (this.#reported.has(digest) || nowMs - (this.#sentAtMs.get(digest) ?? -Infinity) < SENT_AGE_MAX_MS) return depth;
    }
    return 0;
  }
}
