import { Redis } from 'ioredis';

export type RedisOptions = {
  /** Shown in CLIENT LIST. */
  readonly name: string;
  /** A command that takes longer rejects. It may still have been carried out. */
  readonly commandTimeoutMs: number;
  readonly onError: (error: Error) => void;
};

const CONNECT_TIMEOUT_MS = 1_000;
const RECONNECT_MIN_MS = 50;
const RECONNECT_MAX_MS = 1_000;

/**
 * A connection for commands that somebody waits for. Without a connection they reject at once instead of queueing, a
 * slow one rejects at its deadline, and none is sent twice. Reconnects by itself, for ever. Close with `disconnect()`.
 */
export function createRedis(url: string, { name, commandTimeoutMs, onError }: RedisOptions): Redis {
  const redis = new Redis(url, {
    connectionName: name,
    commandTimeout: commandTimeoutMs,
    connectTimeout: CONNECT_TIMEOUT_MS,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // Commands of one tick leave in one packet.
    enableAutoPipelining: true,
    retryStrategy: reconnectDelayMs,
  });
  redis.on('error', onError);
  return redis;
}

/** How long to wait before the next try to connect: ever longer up to a second, and never for exactly as long as others wait. */
export function reconnectDelayMs(attempt: number): number {
  return Math.min(RECONNECT_MAX_MS, RECONNECT_MIN_MS * 2 ** Math.min(attempt, 10)) * (0.5 + Math.random() / 2);
}

/** Resolves when a new connection is ready, has failed for the first time, or has had its time: whatever it is then, it goes on trying. */
export function firstConnection(redis: Redis, withinMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, withinMs);
    const decide = (): void => {
      clearTimeout(timer);
      resolve();
    };
    redis.once('ready', decide);
    redis.once('close', decide);
  });
}
