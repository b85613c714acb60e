import { createRedisScript } from '@sluice/platform/redis-script';
import type { Redis } from 'ioredis';
import { z } from 'zod';

/** One use of an idempotency key. */
export type RecordRef = {
  /** Whose key it is, by name. */
  readonly scope: string;
  /** Unique within the scope; gives nothing away of the key. */
  readonly id: string;
  /** Of the request that the key stands for. */
  readonly fingerprint: string;
  /** The request that does the work. */
  readonly owner: string;
};

export type ClaimState =
  | { readonly kind: 'claimed' }
  /** The key stands for another request. */
  | { readonly kind: 'conflict' }
  | { readonly kind: 'in_progress' }
  /** The same request was answered, with this. */
  | { readonly kind: 'done'; readonly answer: Buffer }
  /** The same request was answered, but the answer was not kept, or no longer. */
  | { readonly kind: 'not_kept' };

/** An answer, and for how long it may be given again. The key is remembered for a day whatever becomes of it. */
export type Kept = { readonly answer: Buffer; readonly keptMs: number };

/** Remembers which requests were made under which key, and what they were answered. Everything rejects while the store is away. */
export type IdempotencyStore = {
  /** Takes the key for one owner, or tells what it is taken for. */
  claim(ref: RecordRef): Promise<ClaimState>;
  /** Keeps the claim of an owner that goes on. Resolves false when it holds none any more. */
  renew(ref: RecordRef): Promise<boolean>;
  /** Ends the owner's claim with an answer, or with the fact that there was one which is not kept. Resolves false when it held none. */
  complete(ref: RecordRef, kept: Kept | undefined): Promise<boolean>;
  /** Ends the owner's claim as if the key had never been used. */
  release(ref: RecordRef): Promise<void>;
};

/** A gateway that died frees its keys after this long. */
export const LEASE_MS = 15_000;
export const RECORD_KEPT_MS = 24 * 3_600_000;
/** What the answers of one scope may take of the memory that limits and history need, too: at most twice this, as they are kept for a day. */
const BYTES_PER_DAY_MAX = 128 * 1024 * 1024;
/** What a record takes besides its answer. */
const RECORD_BYTES = 512;

const CLAIM = `
local record = redis.call('HMGET', KEYS[1], 'fingerprint', 'owner')
if not record[1] then
  redis.call('HSET', KEYS[1], 'fingerprint', ARGV[1], 'owner', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  return {'claimed'}
end
if record[1] ~= ARGV[1] then return {'conflict'} end
if record[2] then return {'in_progress'} end
local answer = redis.call('GET', KEYS[2])
if answer then return {'done', answer} end
return {'not_kept'}`;

const RENEW = `
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

const COMPLETE = `
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
redis.call('HDEL', KEYS[1], 'owner')
redis.call('PEXPIRE', KEYS[1], ARGV[2])
local used = tonumber(redis.call('GET', KEYS[3]) or 0)
local size = ARGV[5] + #ARGV[3]
if #ARGV[3] > 0 and used + size <= tonumber(ARGV[6]) then
  redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[4])
else
  size = ARGV[5]
end
redis.call('INCRBY', KEYS[3], size)
if used == 0 then redis.call('PEXPIRE', KEYS[3], ARGV[2]) end
return 1`;

const RELEASE = `
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

const claimReply = z.tuple([z.instanceof(Uint8Array)]).rest(z.instanceof(Uint8Array));

export function createIdempotencyStore(
  redis: Redis,
  options: { bytesPerDayMax: number } = { bytesPerDayMax: BYTES_PER_DAY_MAX },
): IdempotencyStore {
  const claim = createRedisScript(redis, CLAIM);
  const renew = createRedisScript(redis, RENEW);
  const complete = createRedisScript(redis, COMPLETE);
  const release = createRedisScript(redis, RELEASE);
  return {
    claim: async (ref) => toState(await claim([recordName(ref), answerName(ref)], [ref.fingerprint, ref.owner, LEASE_MS])),
    renew: async (ref) => (await renew([recordName(ref)], [ref.owner, LEASE_MS])) === 1,
    complete: async (ref, kept) => {
      const names = [recordName(ref), answerName(ref), `sluice:idempotency-bytes:${ref.scope}`];
      const answer = kept ? [kept.answer, kept.keptMs] : ['', 0];
      return (await complete(names, [ref.owner, RECORD_KEPT_MS, ...answer, RECORD_BYTES, options.bytesPerDayMax])) === 1;
    },
    release: async (ref) => void (await release([recordName(ref)], [ref.owner])),
  };
}

function recordName({ scope, id }: RecordRef): string {
  return `sluice:idempotency:${scope}:${id}`;
}

function answerName({ scope, id }: RecordRef): string {
  return `sluice:idempotency-answer:${scope}:${id}`;
}

function toState(reply: unknown): ClaimState {
  const [kind, answer] = claimReply.parse(reply).map((bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  const name = z.enum(['claimed', 'conflict', 'in_progress', 'done', 'not_kept']).parse(kind?.toString());
  if (name !== 'done') return { kind: name };
  if (!answer) throw new Error('a record without its answer');
  return { kind: 'done', answer };
}
