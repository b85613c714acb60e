import { createRedisScript } from '@sluice/platform/redis-script';
import type { Redis } from 'ioredis';

/** `too_many` protects the store's memory from whoever signs faster than any limit would let them through. */
type NonceVerdict = 'new' | 'seen' | 'too_many';

/** Accepts each nonce of a key once, on whichever gateway it arrives. Rejects while the store is away. */
export type NonceStore = {
  accept(publicId: string, nonce: string): Promise<NonceVerdict>;
};

/** The window in which a signature is good, to both sides of the clock, and a minute for gateways whose clocks differ. */
const REMEMBERED_MS = 660_000;
const PER_MINUTE_MAX = 60_000;
const MINUTE_MS = 60_000;

const ACCEPT = `
if redis.call('EXISTS', KEYS[1]) == 1 then return 'seen' end
local count = redis.call('INCR', KEYS[2])
if count == 1 then redis.call('PEXPIRE', KEYS[2], ARGV[2]) end
if count > tonumber(ARGV[3]) then return 'too_many' end
redis.call('SET', KEYS[1], '', 'PX', ARGV[1])
return 'new'`;

export function createNonceStore(redis: Redis, options: { perMinuteMax: number } = { perMinuteMax: PER_MINUTE_MAX }): NonceStore {
  const accept = createRedisScript(redis, ACCEPT);
  return {
    accept: async (publicId, nonce) => {
      const names = [`sluice:nonce:${publicId}:${nonce}`, `sluice:nonces:${publicId}`];
      return toVerdict(await accept(names, [REMEMBERED_MS, MINUTE_MS, options.perMinuteMax]));
    },
  };
}

function toVerdict(reply: unknown): NonceVerdict {
  const verdict = String(reply);
  if (verdict === 'new' || verdict === 'seen' || verdict === 'too_many') return verdict;
  throw new Error('the nonce script gave an answer that it does not have');
}
