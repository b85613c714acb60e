import { Redis } from 'ioredis';

const RECONNECT_MIN_MS = 50;
const RECONNECT_MAX_MS = 1_000;
/** Longer than the longest wait for a task: a connection that is silent for so long is dead, whatever TCP says. */
const SILENCE_MAX_MS = 30_000;

/** A connection for workers: commands wait for Redis as long as it takes, over any number of reconnects. Close with `disconnect()`. */
export function createWorkerRedis(url: string, onError: (error: Error) => void): Redis {
  const redis = new Redis(url, {
    connectionName: 'sluice-jobs',
    maxRetriesPerRequest: null,
    socketTimeout: SILENCE_MAX_MS,
    retryStrategy: (attempt) => Math.min(RECONNECT_MAX_MS, RECONNECT_MIN_MS * 2 ** Math.min(attempt, 10)) * (0.5 + Math.random() / 2),
  });
  redis.on('error', onError);
  return redis;
}

/** How Redis makes room when its memory is full; undefined when it does not say. Anything but "noeviction" loses tasks and limits. */
export async function readEvictionPolicy(redis: Redis): Promise<string | undefined> {
  return /^maxmemory_policy:(\S+)/m.exec(await redis.info('memory'))?.[1];
}
