import type { Clock } from '@sluice/platform/clock';

export const BREAKER_STATES = ['closed', 'open', 'half_open'] as const;
export type BreakerState = (typeof BREAKER_STATES)[number];

/** Leave to make one call. Tell how it went, exactly once. */
export type Pass = {
  readonly succeeded: () => void;
  readonly failed: (cause: unknown) => void;
};

export type BreakerOptions = {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Told of every change, with what the last call failed with. */
  readonly onState?: (state: BreakerState, cause: unknown) => void;
  /** From 0 up to 1; tests replace it. */
  readonly random?: () => number;
};

/** A single lost answer is no outage; a third in a row is. */
const FAILURES_MAX = 3;
/** Half of it is jitter, so that gateways do not come back to a Redis that struggles all at once. */
const PROBE_AFTER_MS = 1_000;

/** Keeps everybody from waiting for something that is known not to answer: one call at a time finds out when it does again. */
export class Breaker {
  readonly #options: BreakerOptions;
  #state: BreakerState = 'closed';
  /** Since the last success. */
  #failures = 0;
  #probeAtMs = 0;
  /** What a closed breaker hands out; one object, because every request takes one. */
  readonly #pass: Pass = {
    succeeded: () => {
      this.#failures = 0;
    },
    failed: (cause) => {
      this.#failures += 1;
      // Calls that began before it opened end when they do, and tell nothing new.
      if (this.#state === 'closed' && this.#failures >= FAILURES_MAX) this.#open(cause);
    },
  };

  constructor(options: BreakerOptions) {
    this.#options = options;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** Undefined while calls would be in vain. When it is time to see whether that is still so, one caller gets a pass and everybody else waits for how it fares. */
  enter(): Pass | undefined {
    if (this.#state === 'closed') return this.#pass;
    if (this.#state === 'half_open' || this.#options.clock.monotonicMs() < this.#probeAtMs) return undefined;
    this.#change('half_open', undefined);
    return this.#probe();
  }

  /** Opens at once: it is known that calls fail, as without a connection. */
  open(cause: unknown): void {
    if (this.#state === 'closed') this.#open(cause);
  }

  /** The next caller finds out at once: there is reason to believe that calls succeed. */
  probeNow(): void {
    this.#probeAtMs = 0;
  }

  #probe(): Pass {
    let isOver = false;
    const end = (how: () => void): void => {
      if (!isOver) how();
      isOver = true;
    };
    return {
      succeeded: () =>
        end(() => {
          this.#failures = 0;
          this.#change('closed', undefined);
        }),
      failed: (cause) => end(() => this.#open(cause)),
    };
  }

  #open(cause: unknown): void {
    const { clock, random = Math.random } = this.#options;
    this.#probeAtMs = clock.monotonicMs() + PROBE_AFTER_MS * (0.5 + random() / 2);
    this.#change('open', cause);
  }

  #change(state: BreakerState, cause: unknown): void {
    this.#state = state;
    this.#options.onState?.(state, cause);
  }
}
