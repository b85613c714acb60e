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

type Noted = { readonly meter: MeterDemand; readonly hasRefused: boolean };

/** Looks at the quotas of projects whose requests were settled or refused, soon afterwards and off their path. */
export class QuotaWatch {
  readonly #options: QuotaWatchOptions;
  #noted = new Map<string, Noted>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: QuotaWatchOptions) {
    this.#options = options;
  }

  /** The limiter, as before, with every settlement and refusal noted. */
  watching(limiter: GuardedLimiter): GuardedLimiter {
    return {
      decide: async (demand) => {
        const answer = await limiter.decide(demand);
        if (answer.kind === 'refused' && answer.by.kind === 'meter' && answer.by.isFinal) this.#note(demand.meters[answer.by.index], true);
        return answer;
      },
      settle: async (demand, settlement) => {
        await limiter.settle(demand, settlement);
        for (const meter of demand.meters) this.#note(meter, false);
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

  #note(meter: MeterDemand | undefined, hasRefused: boolean): void {
    if (!meter?.scope.startsWith('project:') || this.#noted.size >= METERS_PER_ROUND_MAX || this.#isClosed) return;
    const name = `${meter.scope} ${meter.resource} ${meter.period}`;
    this.#noted.set(name, { meter, hasRefused: hasRefused || this.#noted.get(name)?.hasRefused === true });
    this.#timer ??= setTimeout(() => this.#begin(), LOOK_AFTER_MS);
  }

  #begin(): void {
    this.#looking = this.#look().finally(() => {
      this.#timer = undefined;
      // What was noted meanwhile found a round that had begun.
      if (this.#noted.size > 0 && !this.#isClosed) this.#timer = setTimeout(() => this.#begin(), LOOK_AFTER_MS);
    });
  }

  async #look(): Promise<void> {
    const noted = [...this.#noted.values()];
    this.#noted = new Map();
    try {
      const used = await this.#options.read(noted.map(({ meter }) => meter));
      for (const [i, { meter, hasRefused }] of noted.entries()) {
        const { scope, unit, period, limit, expiresAt } = meter;
        const ofMeter = used[i];
        if (ofMeter !== undefined) await this.#options.observe({ scope, unit, period, limit, expiresAt, used: ofMeter, hasRefused });
      }
    } catch (error) {
      // The next settlement looks again.
      this.#options.log.debug({ err: error }, 'quotas could not be looked at');
    }
  }
}
