import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';

/** Runs the script; all its bulk strings come back as buffers. */
export type RedisScript = (keys: readonly string[], args: readonly (string | number | Buffer)[]) => Promise<unknown>;

/** A Lua script, called by its hash. Its text travels only when the server does not have it: the first time, and after a restart. */
export function createRedisScript(redis: Redis, source: string): RedisScript {
  const name = `script-${createHash('sha256').update(source).digest('hex')}`;
  redis.defineCommand(name, { lua: source });
  // ioredis adds both to the connection, where its types do not tell of them.
  const run = Reflect.get(redis, `${name}Buffer`) as (...args: unknown[]) => Promise<unknown>;
  return (keys, args) => Reflect.apply(run, redis, [keys.length, ...keys, ...args]);
}
