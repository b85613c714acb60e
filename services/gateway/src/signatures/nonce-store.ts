import { createHash } from 'node:crypto';
import { createRedisScript } from '@sluice/platform/redis-script';
import type { Redis } from 'ioredis';

/** `too_many` protects the store's memory from whoever signs faster than any limit would let them through. */
type NonceVerdict = 'new' | 'seen' | 'too_many';

type SignedOnce = { readonly publicId: string; readonly nonce: string; readonly timestampS: number };

/** Accepts each nonce of a key once for a timestamp, on whichever gateway it arrives. Rejects while the store is away. */
export type NonceStore = {
  accept(signed: SignedOnce): Promise<NonceVerdict>;
};

/** The window in which a signature is good, to both sides of the clock, the minute whose nonces are kept together, and one for gateways whose clocks differ. */
const REMEMBERED_MS = 720_000;
/** 500 requests a second of one key. With the eleven minutes that a timestamp may lie in, a key takes 24 MB at most, as Redis 7 counts. */
const PER_MINUTE_MAX = 30_000;
const MINUTE_S = 60;
/** A client chooses how long its nonces are; what is kept of each is as long as of any other. */
const DIGEST_BYTES = 16;

/** The nonces of a minute stand together in a set, which takes a third of what a key for each would. */
const ACCEPT = `
if redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 1 then return 'seen' end
if redis.call('SCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 'too_many' end
redis.call('SADD', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2], 'NX')
return 'new'`;

export function createNonceStore(redis: Redis, options: { perMinuteMax: number } = { perMinuteMax: PER_MINUTE_MAX }): NonceStore {
  const accept = createRedisScript(redis, ACCEPT);
  return {
    // A copy has the timestamp of its original: that is signed, too.
    accept: async ({ publicId, nonce, timestampS }) => {
      const names = [`sluice:nonces:${publicId}:${Math.floor(timestampS / MINUTE_S)}`];
      return toVerdict(await accept(names, [digest(nonce), REMEMBERED_MS, options.perMinuteMax]));
    },
  };
}

function digest(nonce: string): Buffer {
  return createHash('sha256').update(nonce).digest().subarray(0, DIGEST_BYTES);
}

function toVerdict(reply: unknown): NonceVerdict {
  const verdict = String(reply);
  if (verdict === 'new' || verdict === 'seen' || verdict === 'too_many') return verdict;
  throw new Error('the nonce script gave an answer that it does not have');
}
