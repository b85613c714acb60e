import { reconnectDelayMs } from '@sluice/platform/redis-client';
import { Redis } from 'ioredis';

/** Longer than the longest wait for a task: a connection that is silent for so long is dead, whatever TCP says. */
const SILENCE_MAX_MS = 30_000;

/** A connection for workers: commands wait for Redis as long as it takes, over any number of reconnects. Close with `disconnect()`. */
export function createWorkerRedis(url: string, onError: (error: Error) => void): Redis {
  const redis = new Redis(url, {
    connectionName: 'sluice-jobs',
    maxRetriesPerRequest: null,
    socketTimeout: SILENCE_MAX_MS,
    retryStrategy: reconnectDelayMs,
  });
  redis.on('error', onError);
  return redis;
}
