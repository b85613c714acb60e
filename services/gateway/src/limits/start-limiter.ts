import { randomUUID } from 'node:crypto';
import type { Clock } from '@sluice/platform/clock';
import type { Lifecycle } from '@sluice/platform/lifecycle';
import type { Log } from '@sluice/platform/log';
import { createRedis, firstConnection } from '@sluice/platform/redis-client';
import { createEpochStore, type EpochStore } from './epoch-store.ts';
import { createGatewayCountStore } from './gateway-count-store.ts';
import { LimiterGuard } from './guarded-limiter.ts';
import { LocalLimiter } from './local-limiter.ts';
import { createRedisLimiter, isScriptError, watchConnection } from './redis-limiter-store.ts';

type StartOptions = {
  readonly redisUrl: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly lifecycle: Lifecycle;
};

export type StartedLimiter = {
  readonly limiter: LimiterGuard;
  /** For while that one is away. */
  readonly local: LocalLimiter;
  readonly epochs: EpochStore;
  /** Live gateways, this one included, as far as is known. */
  readonly gateways: () => number;
};

/** What a gateway that was killed held comes back this long after its last renewal. */
const LEASE_TTL_MS = 12_000;
/** Nobody renews those in memory; they end with this process at the latest. Longer than any request may run. */
const LOCAL_LEASE_MS = 15 * 60_000;
/** A decision takes well under a millisecond; on a machine that is out of breath some tens. */
const COMMAND_MS = 200;
/** A gateway starts without Redis, too; it only gives it a moment first, so that its first requests meet the shared limits. */
const FIRST_CONNECTION_MS = 2_000;
/** The last settlements of a gateway that stops. */
const CLOSE_MS = 5_000;

/** The limits that all gateways share, on a connection of their own, and what tells this gateway of the others. */
export async function startLimiter({ redisUrl, clock, log, lifecycle }: StartOptions): Promise<StartedLimiter> {
  const redis = createRedis(redisUrl, {
    name: 'sluice-gateway-limits',
    commandTimeoutMs: COMMAND_MS,
    // The guard logs once that limits cannot be asked, not at every try to connect.
    onError: () => {},
  });
  lifecycle.onClose('limits connection', () => redis.disconnect());
  const local = new LocalLimiter({ leaseTtlMs: LOCAL_LEASE_MS, clock });
  const limiter = new LimiterGuard({
    remote: createRedisLimiter(redis, { leaseTtlMs: LEASE_TTL_MS }),
    isRefusal: isScriptError,
    clock,
    log,
    // All gateways add to a month's sum from now on: the next time it is needed here it has to be asked for again.
    onBack: () => local.forgetMeters(),
  });
  watchConnection(redis, limiter);
  lifecycle.onClose('limiter', () => limiter.close(), CLOSE_MS);

  await firstConnection(redis, FIRST_CONNECTION_MS);
  const gateways = createGatewayCountStore(redis, { id: randomUUID() });
  gateways.start();
  lifecycle.onClose('gateway count', () => gateways.close());
  return { limiter, local, epochs: createEpochStore(redis), gateways: () => gateways.count() };
}
