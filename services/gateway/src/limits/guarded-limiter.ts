import type { Clock } from '@sluice/platform/clock';
import type { Log } from '@sluice/platform/log';
import { Tally } from '@sluice/platform/tally';
import { Breaker, type BreakerState, type Pass } from './breaker.ts';
import type { Demand, GuardedLimiter, LimiterAnswer, MeterDemand, RemoteLimiter, Settlement } from './limiter.ts';
import { SettlementQueue, type Undelivered } from './settlement-queue.ts';

type LimiterGuardOptions = {
  /** Rejects what takes too long. */
  readonly remote: RemoteLimiter;
  /** Whether an error is an answer: the server is there, and would refuse this call the next time, too. */
  readonly isRefusal: (error: unknown) => boolean;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly log: Log;
  /** Told whenever the limiter can be asked again. */
  readonly onBack?: () => void;
  readonly undeliveredMax?: number;
};

/** About 1.5 kB each: 75 MB of an outage. */
const UNDELIVERED_MAX = 50_000;
/** Small enough not to make requests wait behind it: some 3 ms of Redis' time. */
const DELIVERIES_AT_ONCE = 100;
/** How often it is tried while something waits to be delivered; the breaker decides whether a try goes through. */
const DELIVER_EVERY_MS = 250;
const UNAVAILABLE: LimiterAnswer = { kind: 'unavailable' };

/**
 * Stands between requests and a limiter that may be away: no call rejects, and after the first few nobody waits for it.
 * What was used meanwhile is kept, and told in order when it is back. A demand that was answered `unavailable` must not
 * be asked again under the same id; it may be settled, when it was served nevertheless.
 */
export class LimiterGuard implements GuardedLimiter {
  readonly #remote: RemoteLimiter;
  readonly #isRefusal: (error: unknown) => boolean;
  readonly #log: Log;
  readonly #onBack: () => void;
  readonly #breaker: Breaker;
  readonly #undelivered: SettlementQueue;
  readonly #calls = new Tally();
  #delivering: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;
  #isAway = false;

  constructor({ remote, isRefusal, clock, log, onBack = () => {}, undeliveredMax = UNDELIVERED_MAX }: LimiterGuardOptions) {
    this.#remote = remote;
    this.#isRefusal = isRefusal;
    this.#log = log;
    this.#onBack = onBack;
    this.#breaker = new Breaker({ clock, onState: (state, cause) => this.#tell(state, cause) });
    this.#undelivered = new SettlementQueue(undeliveredMax);
  }

  get state(): BreakerState {
    return this.#breaker.state;
  }

  /** Settlements that are yet to be delivered. */
  get pending(): number {
    return this.#undelivered.size;
  }

  /** Settlements that were given up since the start. */
  get dropped(): number {
    return this.#undelivered.dropped;
  }

  /** To be told when the connection breaks: nobody has to find out by waiting. */
  onLost(cause: unknown): void {
    if (!this.#closing) this.#breaker.open(cause);
  }

  /** To be told when there is a connection again. */
  onFound(): void {
    if (this.#breaker.state !== 'open') return;
    this.#breaker.probeNow();
    if (this.pending > 0) void this.#deliver();
  }

  async decide(demand: Demand): Promise<LimiterAnswer> {
    const pass = this.#breaker.enter();
    if (!pass) return UNAVAILABLE;
    try {
      const decision = await this.#remote.decide(demand);
      this.#succeeded(pass);
      return decision;
    } catch (error) {
      this.#failed(pass, error);
      // It may have been carried out all the same.
      if (demand.takes) this.#keep({ demand, settlement: undefined });
      return UNAVAILABLE;
    }
  }

  async settle(demand: Demand, settlement: Settlement): Promise<void> {
    if (!demand.takes) return;
    // Nothing overtakes what waits already: of one request, the order counts.
    const isDone = this.pending === 0 && (await this.#attempt((remote) => remote.settle(demand, settlement)));
    if (!isDone) this.#keep({ demand, settlement });
  }

  /** Leases that could not be renewed stand still together with their clock, or run out. */
  async renew(ids: readonly string[]): Promise<void> {
    await this.#attempt((remote) => remote.renew(ids));
  }

  async leave(demand: Demand): Promise<void> {
    const isDone = this.pending === 0 && (await this.#attempt((remote) => remote.leave(demand)));
    if (!isDone) this.#keep({ demand, settlement: undefined });
  }

  /** What could not be seeded is asked for again. */
  async seedMeter(meter: MeterDemand, used: number): Promise<void> {
    await this.#attempt((remote) => remote.seedMeter(meter, used));
  }

  /** Delivers what can be delivered now and gives the rest up. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    // Not every settlement is waited for by its request.
    await this.#calls.whenEmpty();
    await this.#delivering;
    this.#breaker.probeNow();
    await this.#deliver();
    clearTimeout(this.#timer);
    if (this.pending > 0) this.#log.error({ settlements: this.pending }, 'use could not be booked to its limits');
    this.#undelivered.drop(this.pending);
  }

  /** False when it has to be told later. */
  async #attempt(call: (remote: RemoteLimiter) => Promise<void>): Promise<boolean> {
    const pass = this.#breaker.enter();
    if (!pass) return false;
    const done = this.#calls.enter();
    try {
      await call(this.#remote);
      this.#succeeded(pass);
      return true;
    } catch (error) {
      this.#failed(pass, error);
      return this.#isRefusal(error);
    } finally {
      done();
    }
  }

  #keep(item: Undelivered): void {
    this.#undelivered.push(item);
    this.#deliverSoon();
  }

  #deliverSoon(): void {
    if (this.#closing) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#deliver();
    }, DELIVER_EVERY_MS);
  }

  #deliver(): Promise<void> {
    this.#delivering ??= this.#deliverAll().finally(() => {
      this.#delivering = undefined;
      if (this.pending > 0) this.#deliverSoon();
    });
    return this.#delivering;
  }

  async #deliverAll(): Promise<void> {
    for (;;) {
      const pass = this.pending === 0 ? undefined : this.#breaker.enter();
      if (!pass) return;
      const batch = this.#undelivered.peek(this.#breaker.state === 'closed' ? DELIVERIES_AT_ONCE : 1);
      const results = await Promise.allSettled(
        batch.map(({ demand, settlement }) => (settlement ? this.#remote.settle(demand, settlement) : this.#remote.undo(demand))),
      );
      const failure = this.#removeDelivered(batch, results);
      if (failure) {
        pass.failed(failure.reason);
        return;
      }
      pass.succeeded();
    }
  }

  /** Up to the first that failed. Those behind it are told once more, which does no harm. */
  #removeDelivered(batch: readonly Undelivered[], results: readonly PromiseSettledResult<void>[]): PromiseRejectedResult | undefined {
    for (const [i, result] of results.entries()) {
      const isRefused = result.status === 'rejected' && this.#isRefusal(result.reason);
      if (result.status === 'rejected' && !isRefused) return result;
      // It may have been pushed out by newer ones meanwhile.
      if (this.#undelivered.peek(1)[0] !== batch[i]) continue;
      if (result.status === 'fulfilled') this.#undelivered.shift(1);
      else {
        this.#log.error({ reason: String(result.reason) }, 'a settlement was refused');
        this.#undelivered.drop(1);
      }
    }
    return undefined;
  }

  #succeeded(pass: Pass): void {
    pass.succeeded();
    if (this.pending > 0) void this.#deliver();
  }

  #failed(pass: Pass, error: unknown): void {
    if (!this.#isRefusal(error)) {
      pass.failed(error);
      return;
    }
    // One call that is wrong says nothing about all others.
    pass.succeeded();
    this.#log.error({ reason: String(error) }, 'the limiter refused a call');
  }

  /** Only the reason's text: an error of a Redis command carries the whole command. */
  #tell(state: BreakerState, cause: unknown): void {
    if (state === 'half_open') return;
    const isAway = state === 'open';
    if (isAway && !this.#isAway) this.#log.warn({ reason: String(cause) }, 'limits cannot be asked');
    this.#isAway = isAway;
    if (isAway) return;
    this.#log.info({ settlements: this.pending }, 'limits can be asked again');
    this.#onBack();
  }
}
