import type { Log } from '@sluice/platform/log';
import { LRUCache } from 'lru-cache';
import type { MeterDemand } from '../limits/limiter.ts';

/** Percent of a month's quota or budget. */
const THRESHOLDS = [80, 100] as const;
const NOTICED_MAX = 10_000;

/** How far a month's quota or budget is used up. */
export type QuotaReading = Pick<MeterDemand, 'scope' | 'unit' | 'period' | 'limit' | 'expiresAt'> & {
  readonly used: number;
  /** A request was refused for want of it: what is left is too little to be used. */
  readonly hasRefused: boolean;
};
export type QuotaNotice = QuotaReading & { readonly thresholdPercent: (typeof THRESHOLDS)[number] };

type QuotaNoticesOptions = {
  /** True for the first of all gateways that asks with this name, until it expires. */
  readonly claim: (name: string, expiresAt: Date) => Promise<boolean>;
  /** Whom else to tell: the audit log now, webhooks later. */
  readonly tell: (notice: QuotaNotice) => Promise<void>;
  readonly onNotice: (notice: QuotaNotice) => void;
  readonly log: Log;
};

/** Tells once, of all gateways together, when a quota passes a threshold in its period. A raised limit has thresholds of its own. */
export class QuotaNotices {
  readonly #options: QuotaNoticesOptions;
  /** What this gateway need not ask about again. */
  readonly #noticed = new LRUCache<string, true>({ max: NOTICED_MAX });

  constructor(options: QuotaNoticesOptions) {
    this.#options = options;
  }

  /** Below the first threshold this costs a comparison. Never rejects. */
  async observe(reading: QuotaReading): Promise<void> {
    for (const thresholdPercent of THRESHOLDS) {
      if (!isReached(reading, thresholdPercent)) return;
      const name = `${reading.scope}:${reading.unit}:${reading.period}:${reading.limit}:${thresholdPercent}`;
      if (this.#noticed.has(name)) continue;
      this.#noticed.set(name, true);
      if (await this.#claim(name, reading.expiresAt)) await this.#notify({ ...reading, thresholdPercent });
    }
  }

  /** Told twice is better than never. */
  async #claim(name: string, expiresAt: Date): Promise<boolean> {
    try {
      return await this.#options.claim(name, expiresAt);
    } catch {
      return true;
    }
  }

  async #notify(notice: QuotaNotice): Promise<void> {
    const { log, onNotice, tell } = this.#options;
    const { expiresAt: _, ...facts } = notice;
    log.warn(facts, notice.thresholdPercent < 100 ? 'a monthly quota is nearly used up' : 'a monthly quota is used up');
    onNotice(notice);
    try {
      await tell(notice);
    } catch (error) {
      log.error({ err: error, ...facts }, 'a quota notice could not be written down');
    }
  }
}

/** A quota is never overdrawn, so what is left of it in the end may be less than any request needs. One large request says nothing of a quota that has more. */
function isReached({ used, limit, hasRefused }: QuotaReading, thresholdPercent: number): boolean {
  if (limit === 0) return false;
  return used >= (limit * thresholdPercent) / 100 || (thresholdPercent === 100 && hasRefused);
}
