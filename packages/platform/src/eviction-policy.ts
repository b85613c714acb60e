import { Redis } from 'ioredis';

const DEADLINE_MS = 1_000;

/** What Redis does when its memory is full, e.g. `noeviction`; limits, leases and queued history bear nothing else. Rejects within two seconds when it is away. */
export async function readEvictionPolicy(url: string): Promise<string> {
  const redis = new Redis(url, {
    lazyConnect: true,
    retryStrategy: () => null,
    connectTimeout: DEADLINE_MS,
    commandTimeout: DEADLINE_MS,
    maxRetriesPerRequest: 0,
  });
  // What is wrong is told by the promise.
  redis.on('error', () => {});
  try {
    await redis.connect();
    // Unlike CONFIG, managed servers leave INFO to everybody.
    const [, policy] = /^maxmemory_policy:(\S+)/m.exec(await redis.info('memory')) ?? [];
    if (policy === undefined) throw new Error('Redis does not tell its eviction policy');
    return policy;
  } finally {
    redis.disconnect();
  }
}
