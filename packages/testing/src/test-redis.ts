import { withRedis } from '@sluice/platform/with-redis';
import { z } from 'zod';
import { testServers } from './test-servers.ts';

export type TestRedis = AsyncDisposable & {
  /** Ends in the number of a logical database that is the caller's own. */
  readonly url: string;
  /** Empties the database and gives it back. */
  release(): Promise<void>;
};

/** Numbers of logical databases that no test holds, in database 0, which belongs to this file. */
const FREE_LIST = 'sluice-test:free';

/** An empty logical Redis database of the caller's own. Rejects when more tests hold one at once than the server has. */
export async function createTestRedis(): Promise<TestRedis> {
  const { redisUrl } = await testServers();
  const number = await withRedis(redisUrl, (redis) => redis.spop(FREE_LIST));
  if (number === null) throw new Error('every logical database of the test Redis is in use: is a test not releasing its own?');
  const url = new URL(redisUrl);
  url.pathname = `/${number}`;
  const release = async (): Promise<void> => {
    await withRedis(url.href, (redis) => redis.flushdb());
    await withRedis(redisUrl, (redis) => redis.sadd(FREE_LIST, number));
  };
  return { url: url.href, release, [Symbol.asyncDispose]: release };
}

/** Marks every logical database but the first as free. They are emptied when they are given back. */
export async function fillFreeList(redisUrl: string): Promise<void> {
  await withRedis(redisUrl, async (redis) => {
    const [, count] = z.tuple([z.string(), z.coerce.number()]).parse(await redis.config('GET', 'databases'));
    await redis.sadd(FREE_LIST, ...Array.from({ length: count - 1 }, (_, i) => i + 1));
  });
}
