import type { Redis } from 'ioredis';
import { withRedis } from './with-redis.ts';

/** What Redis does when its memory is full, e.g. `noeviction`; limits, leases and queued history bear nothing else. Undefined when it does not say. */
export async function evictionPolicyOf(redis: Pick<Redis, 'info'>): Promise<string | undefined> {
  // Unlike CONFIG, managed servers leave INFO to everybody.
  return /^maxmemory_policy:(\S+)/m.exec(await redis.info('memory'))?.[1];
}

/** The same of the Redis at `url`. Rejects within four seconds when it is away, and when it does not say. */
export async function readEvictionPolicy(url: string): Promise<string> {
  const policy = await withRedis(url, evictionPolicyOf);
  if (policy === undefined) throw new Error('Redis does not tell its eviction policy');
  return policy;
}
