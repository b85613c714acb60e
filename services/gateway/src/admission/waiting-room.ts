import type { Clock } from '@sluice/platform/clock';
import type { LimiterAnswer, Refused } from '../limits/limiter.ts';
import { pause } from '../pause.ts';
import { jitter } from '../routing/jitter.ts';

/** Each holds a connection and a parsed body. */
const WAITERS_MAX = 1_000;
/** A wake that was lost costs this much; it is also how often a waiting client learns its position. */
const TRY_AGAIN_MS = 2_000;
const TRY_AGAIN_MIN_MS = 5;

export type WaitOptions = {
  /** Smaller is tried first. */
  readonly rank: number;
  /** Why it has to wait. */
  readonly refused: Refused;
  readonly scopeOf: (refused: Refused) => string;
  readonly decide: () => Promise<LimiterAnswer>;
  /** On the monotonic clock. */
  readonly deadlineAtMs: number;
  readonly signal: AbortSignal;
  /** Told how many go first, now and whenever that is known anew. */
  readonly onPosition: (position: number) => void;
};

/** `last` is why it still could not be let in. */
export type WaitEnd = Exclude<LimiterAnswer, Refused> | { readonly kind: 'gave_up'; readonly last: Refused };

type Waiter = { readonly rank: number; wake: () => void };

/** The requests of this gateway that wait for a limit instead of being refused. Who goes first is decided by the limiter, for all gateways; here they sleep until it is worth asking again. */
export class WaitingRoom {
  readonly #clock: Clock;
  readonly #byScope = new Map<string, Set<Waiter>>();
  #size = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#size;
  }

  get isFull(): boolean {
    return this.#size >= WAITERS_MAX;
  }

  /** Something was given back in this scope: its first one here may ask again. */
  wake(scope: string): void {
    let first: Waiter | undefined;
    for (const waiter of this.#byScope.get(scope) ?? []) if (!first || waiter.rank < first.rank) first = waiter;
    first?.wake();
  }

  /** Waits until the limiter grants, the deadline passes or the signal aborts; the latter two end as `gave_up`. */
  async wait(options: WaitOptions): Promise<WaitEnd> {
    let { refused } = options;
    this.#size += 1;
    try {
      for (;;) {
        if (refused.position !== undefined) options.onPosition(refused.position);
        const scope = options.scopeOf(refused);
        await this.#sleep(scope, refused, options);
        if (options.signal.aborted || this.#clock.monotonicMs() >= options.deadlineAtMs) return { kind: 'gave_up', last: refused };
        const answer = await options.decide();
        if (answer.kind === 'granted') {
          // There may be room for the next one, too.
          this.wake(scope);
          return answer;
        }
        if (answer.kind !== 'refused') return answer;
        if (!isWorthWaiting(answer, options.deadlineAtMs - this.#clock.monotonicMs())) return { kind: 'gave_up', last: answer };
        refused = answer;
      }
    } finally {
      this.#size -= 1;
    }
  }

  async #sleep(scope: string, { by }: Refused, { rank, deadlineAtMs, signal }: WaitOptions): Promise<void> {
    const waiters = this.#byScope.get(scope) ?? new Set();
    this.#byScope.set(scope, waiters);
    const awake = new AbortController();
    const onAbort = (): void => awake.abort();
    signal.addEventListener('abort', onAbort);
    const waiter: Waiter = { rank, wake: onAbort };
    waiters.add(waiter);
    const tryAgainMs = by.kind === 'bucket' ? Math.max(TRY_AGAIN_MIN_MS, Math.min(by.waitMs, TRY_AGAIN_MS)) : jitter(TRY_AGAIN_MS);
    await pause(Math.min(tryAgainMs, Math.max(0, deadlineAtMs - this.#clock.monotonicMs())), signal.aborted ? signal : awake.signal);
    signal.removeEventListener('abort', onAbort);
    waiters.delete(waiter);
    if (waiters.size === 0) this.#byScope.delete(scope);
  }
}

/** Whether waiting can help, within the time there is. */
export function isWorthWaiting({ by, position }: Refused, withinMs: number): boolean {
  if (position === undefined) return false;
  switch (by.kind) {
    case 'bucket':
      return by.waitMs <= withinMs;
    case 'bucket_too_small':
      return false;
    case 'meter':
      return !by.isFinal;
    default:
      return true;
  }
}
