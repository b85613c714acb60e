import type { Lifecycle } from '@sluice/platform/lifecycle';
import type { Log } from '@sluice/platform/log';
import type { GatewayMetrics } from '../metrics.ts';
import type { GuardedLimiter } from '../limits/limiter.ts';
import { QuotaNotices, type QuotaNotice } from './quota-notices.ts';
import type { QuotaStore } from './quota-store.ts';
import { QuotaWatch } from './quota-watch.ts';

type WatchOptions = {
  readonly limiter: GuardedLimiter;
  readonly quotas: QuotaStore;
  readonly tell: (notice: QuotaNotice) => Promise<void>;
  readonly metrics: Pick<GatewayMetrics, 'quotaNotices'>;
  readonly log: Log;
  readonly lifecycle: Lifecycle;
};

/** The limiter, with somebody who tells when a project's quota is nearly or wholly used up. */
export function watchQuotas({ limiter, quotas, tell, metrics, log, lifecycle }: WatchOptions): GuardedLimiter {
  const notices = new QuotaNotices({
    claim: quotas.claim,
    tell,
    onNotice: ({ unit, thresholdPercent }) => metrics.quotaNotices.inc({ unit, threshold: thresholdPercent }),
    log,
  });
  const watch = new QuotaWatch({ read: quotas.read, observe: (reading) => notices.observe(reading), log });
  lifecycle.onClose('quota watch', () => watch.close());
  return watch.watching(limiter);
}
