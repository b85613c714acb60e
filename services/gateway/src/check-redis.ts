import { readEvictionPolicy } from '@sluice/platform/eviction-policy';
import type { Log } from '@sluice/platform/log';
import type { GatewayConfig } from './config.ts';

/** A Redis that evicts forgets limits, leases and history when it is full. Rejects over it in production, and warns elsewhere. */
export async function checkRedis({ redisUrl, environment }: Pick<GatewayConfig, 'redisUrl' | 'environment'>, log: Log): Promise<void> {
  let policy: string;
  try {
    policy = await readEvictionPolicy(redisUrl);
  } catch (error) {
    // A gateway starts without Redis, and says so in its answers.
    log.warn({ err: error }, 'could not check what Redis does when its memory is full');
    return;
  }
  if (policy === 'noeviction') return;
  const danger = `Redis has maxmemory-policy ${policy} and would drop limits and history when it is full; it must be noeviction`;
  if (environment === 'production') throw new Error(danger);
  log.warn(danger);
}
