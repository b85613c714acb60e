import type { Lifecycle } from '@sluice/platform/lifecycle';
import type { Log } from '@sluice/platform/log';
import { createRedis } from '@sluice/platform/redis-client';
import type { GuardedLimiter } from '../limits/limiter.ts';
import type { GatewayMetrics } from '../metrics.ts';
import { QuotaNotices, type QuotaNotice } from './quota-notices.ts';
import { createQuotaStore } from './quota-store.ts';
import { QuotaWatch } from './quota-watch.ts';

type StartOptions = {
  readonly limiter: GuardedLimiter;
  readonly redisUrl: string;
  readonly tell: (notice: QuotaNotice) => Promise<void>;
  readonly metrics: Pick<GatewayMetrics, 'quotaNotices'>;
  readonly log: Log;
  readonly lifecycle: Lifecycle;
};

/** No request waits for it. */
const COMMAND_MS = 1_000;

/** The limiter, with somebody beside it who tells when a project's quota is nearly or wholly used up. */
export function startQuotaWatch({ limiter, redisUrl, tell, metrics, log, lifecycle }: StartOptions): GuardedLimiter {
  // The limiter's own connection tells of the same trouble.
  const redis = createRedis(redisUrl, { name: 'sluice-gateway-quotas', commandTimeoutMs: COMMAND_MS, onError: () => {} });
  lifecycle.onClose('quota connection', () => redis.disconnect());
  const quotas = createQuotaStore(redis);
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
