import { Redis } from 'ioredis';

const DEADLINE_MS = 2_000;

/** What `use` makes of a connection that is there for it alone. Rejects when Redis is away, or does not answer a command within two seconds. */
export async function withRedis<Result>(url: string, use: (redis: Redis) => Promise<Result>): Promise<Result> {
  const redis = new Redis(url, {
    lazyConnect: true,
    retryStrategy: () => null,
    connectTimeout: DEADLINE_MS,
    commandTimeout: DEADLINE_MS,
    maxRetriesPerRequest: 0,
  });
  // What is wrong is told by the promise; without a listener ioredis prints it, too.
  redis.on('error', () => {});
  try {
    await redis.connect();
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}
