import type { Clock } from '@sluice/platform/clock';
import { createRedisScript } from '@sluice/platform/redis-script';
import type { Redis } from 'ioredis';
import { LOCKOUT, lockMs, type LoginAttempt, type LoginFailures } from './login-failures.ts';

/** KEYS: account, address. ARGV: now, failures that lock an account, lock while pending, account kept, failures of an address, its window. */
const BEGIN = `
local now, accountMax, pending = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local kept, addressMax, window = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local lockedUntil = tonumber(redis.call('HGET', KEYS[1], 'until')) or 0
local address = redis.call('HMGET', KEYS[2], 'failures', 'until')
local failures, windowEnd = tonumber(address[1]) or 0, tonumber(address[2]) or 0
if windowEnd <= now then
  failures, windowEnd = 0, now + window
end
local wait = lockedUntil - now
if failures >= addressMax then
  wait = math.max(wait, windowEnd - now)
end
if wait > 0 then
  return wait
end
if redis.call('HINCRBY', KEYS[1], 'failures', 1) >= accountMax then
  redis.call('HSET', KEYS[1], 'until', now + pending)
end
redis.call('PEXPIRE', KEYS[1], kept)
redis.call('HSET', KEYS[2], 'failures', failures + 1, 'until', windowEnd)
redis.call('PEXPIRE', KEYS[2], window)
return 0`;

/** KEYS: account, address. */
const SUCCEED = `
redis.call('DEL', KEYS[1])
if (tonumber(redis.call('HGET', KEYS[2], 'failures')) or 0) > 0 then
  redis.call('HINCRBY', KEYS[2], 'failures', -1)
end
return 0`;

/** KEYS: account. ARGV: now, then how long the 1st, 2nd, … failure locks; all after the last lock as long as that one. */
const FAIL = `
local failures = tonumber(redis.call('HGET', KEYS[1], 'failures')) or 0
if failures == 0 then
  return 0
end
local lock = tonumber(ARGV[math.min(failures, #ARGV - 1) + 1])
if lock > 0 then
  redis.call('HSET', KEYS[1], 'until', tonumber(ARGV[1]) + lock)
end
return lock`;

/** Until the longest lock is reached. */
const LOCKS_MS = Array.from({ length: 16 }, (_, index) => lockMs(index + 1));

/** Failed logins of all gateways together, counted in Redis. Rejects when Redis does not answer in time. */
export function createLoginFailureStore(redis: Redis, clock: Clock): LoginFailures {
  const begin = createRedisScript(redis, BEGIN);
  const succeed = createRedisScript(redis, SUCCEED);
  const fail = createRedisScript(redis, FAIL);
  return {
    begin: async (attempt) => {
      const { accountFailuresMax, pendingMs, accountKeptMs, addressFailuresMax, addressWindowMs } = LOCKOUT;
      const args = [clock.now().getTime(), accountFailuresMax, pendingMs, accountKeptMs, addressFailuresMax, addressWindowMs];
      const waitMs = Number(await begin(keysOf(attempt), args));
      return waitMs > 0 ? { isOpen: false, waitMs } : { isOpen: true };
    },
    succeed: async (attempt) => {
      await succeed(keysOf(attempt), []);
    },
    fail: async (attempt) => Number(await fail(keysOf(attempt), [clock.now().getTime(), ...LOCKS_MS])),
  };
}

function keysOf({ account, address }: LoginAttempt): string[] {
  return [`sluice:login:account:${account}`, `sluice:login:address:${address}`];
}
