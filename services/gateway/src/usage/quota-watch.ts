import type { Log } from '@sluice/platform/log';
import type { GuardedLimiter, MeterDemand } from '../limits/limiter.ts';
import type { QuotaReading } from './quota-notices.ts';

/** How long after a request a threshold that it passed may go unnoticed. */
const LOOK_AFTER_MS = 2_000;
const METERS_PER_ROUND_MAX = 5_000;

type QuotaWatchOptions = {
  /** What is used of each, in their order; undefined where that is not known. */
  readonly read: (meters: readonly MeterDemand[]) => Promise<readonly (number | undefined)[]>;
  readonly observe: (reading: QuotaReading) => Promise<void>;
  readonly log: Log;
};

/** Looks at the quotas of projects whose requests were settled, soon afterwards and off their path. */
export class QuotaWatch {
  readonly #options: QuotaWatchOptions;
  #settled = new Map<string, MeterDemand>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: QuotaWatchOptions) {
    this.#options = options;
  }

  /** The limiter, as before, with every settlement noticed. */
  watching(limiter: GuardedLimiter): GuardedLimiter {
    return {
      decide: (demand) => limiter.decide(demand),
      settle: async (demand, settlement) => {
        await limiter.settle(demand, settlement);
        for (const meter of demand.meters) this.#note(meter);
      },
      renew: (ids) => limiter.renew(ids),
      leave: (demand) => limiter.leave(demand),
      seedMeter: (meter, used) => limiter.seedMeter(meter, used),
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  #note(meter: MeterDemand): void {
    if (!meter.scope.startsWith('project:') || this.#settled.size >= METERS_PER_ROUND_MAX || this.#isClosed) return;
    this.#settled.set(`${meter.scope} ${meter.resource} ${meter.period}`, meter);
    this.#timer ??= setTimeout(() => this.#begin(), LOOK_AFTER_MS);
  }

  #begin(): void {
    this.#looking = this.#look().finally(() => {
      this.#timer = undefined;
      // Requests settled meanwhile found a round that had begun.
      if (this.#settled.size > 0 && !this.#isClosed) this.#timer = setTimeout(() => this.#begin(), LOOK_AFTER_MS);
    });
  }

  async #look(): Promise<void> {
    const meters = [...this.#settled.values()];
    this.#settled = new Map();
    try {
      const used = await this.#options.read(meters);
      for (const [i, meter] of meters.entries()) {
        const ofMeter = used[i];
        if (ofMeter !== undefined) await this.#options.observe({ ...meter, used: ofMeter });
      }
    } catch (error) {
      // The next settlement looks again.
      this.#options.log.debug({ err: error }, 'quotas could not be looked at');
    }
  }
}
