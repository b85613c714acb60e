import { createRedis } from '@sluice/platform/redis-client';
import { createTestRedis } from '@sluice/testing/test-redis';
import { until } from '@sluice/testing/until';
import type { Redis } from 'ioredis';

const COMMAND_MS = 2_000;

export type ConnectedRedis = AsyncDisposable & { readonly redis: Redis; readonly url: string };

/** A connection such as the gateway has, to an empty database of the caller's own; closed and emptied at the end. */
export async function connectTestRedis(): Promise<ConnectedRedis> {
  const testRedis = await createTestRedis();
  const redis = createRedis(testRedis.url, { name: 'test', commandTimeoutMs: COMMAND_MS, onError: () => {} });
  await until(() => redis.status === 'ready');
  return {
    redis,
    url: testRedis.url,
    [Symbol.asyncDispose]: async () => {
      redis.disconnect();
      await testRedis.release();
    },
  };
}
