import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createRedis } from '@sluice/platform/redis-client';
import { until } from '@sluice/testing/until';
import type { Redis } from 'ioredis';
import { connectTestRedis, type ConnectedRedis } from '../test-support/connect-test-redis.ts';
import { createIdempotencyStore, LEASE_MS, type Kept, type RecordRef } from './idempotency-store.ts';

const DAY_MS = 24 * 3_600_000;

describe('the idempotency store', () => {
  let testRedis: ConnectedRedis;
  let redis: Redis;
  beforeAll(async () => {
    testRedis = await connectTestRedis();
    ({ redis } = testRedis);
  });
  afterAll(async () => {
    await testRedis[Symbol.asyncDispose]();
  });

  const ref = (change: Partial<RecordRef> = {}): RecordRef => ({
    scope: 'proj_1',
    id: randomUUID(),
    fingerprint: 'the request',
    owner: 'req_1',
    ...change,
  });
  const nameOf = ({ scope, id }: RecordRef) => `sluice:idempotency:${scope}:${id}`;
  const kept = (answer: string | Buffer, keptMs = DAY_MS): Kept => ({ answer: Buffer.from(answer), keptMs });
  const store = () => createIdempotencyStore(redis);

  test('gives a key to one of many who ask at once', async () => {
    const first = ref();
    const states = await Promise.all(Array.from({ length: 50 }, (_, i) => store().claim({ ...first, owner: `req_${i}` })));
    expect(states.filter(({ kind }) => kind === 'claimed')).toHaveLength(1);
    expect(states.filter(({ kind }) => kind === 'in_progress')).toHaveLength(49);
  });

  test('frees the key of an owner that died, when its lease is over and not before', async () => {
    const claimed = ref();
    await store().claim(claimed);
    const leaseMs = await redis.pttl(nameOf(claimed));
    expect(leaseMs).toBeGreaterThan(LEASE_MS - 2_000);
    expect(leaseMs).toBeLessThanOrEqual(LEASE_MS);
    await redis.pexpire(nameOf(claimed), 1);
    expect(await until(async () => (await store().claim({ ...claimed, owner: 'req_2' })).kind === 'claimed')).toBe(true);
  });

  test('lets the owner keep its claim, and nobody else', async () => {
    const claimed = ref();
    await store().claim(claimed);
    await redis.pexpire(nameOf(claimed), 5_000);
    expect(await store().renew({ ...claimed, owner: 'req_2' })).toBe(false);
    expect(await redis.pttl(nameOf(claimed))).toBeLessThanOrEqual(5_000);
    expect(await store().renew(claimed)).toBe(true);
    expect(await redis.pttl(nameOf(claimed))).toBeGreaterThan(5_000);
  });

  test('gives the answer again for a day, byte for byte', async () => {
    const claimed = ref();
    const answer = Buffer.from([0, 255, 10, 13, 128]);
    await store().claim(claimed);
    expect(await store().complete(claimed, kept(answer))).toBe(true);
    expect(await store().claim({ ...claimed, owner: 'req_2' })).toEqual({ kind: 'done', answer });
    const keptMs = await redis.pttl(nameOf(claimed));
    expect(keptMs).toBeGreaterThan(DAY_MS - 2_000);
    expect(keptMs).toBeLessThanOrEqual(DAY_MS);
  });

  test('gives an answer no longer than it may be kept, and does not take its key for a new one then', async () => {
    const claimed = ref();
    await store().claim(claimed);
    await store().complete(claimed, kept('a secret', 3_600_000));
    const name = nameOf(claimed).replace('idempotency', 'idempotency-answer');
    expect(await redis.pttl(name)).toBeLessThanOrEqual(3_600_000);
    expect(await redis.pttl(nameOf(claimed))).toBeGreaterThan(DAY_MS - 2_000);
    await redis.pexpire(name, 1);
    await until(async () => (await store().claim(claimed)).kind !== 'done');
    expect(await store().claim(claimed)).toEqual({ kind: 'not_kept' });
  });

  test('tells another request under the same key apart, in progress or done', async () => {
    const claimed = ref();
    await store().claim(claimed);
    expect(await store().claim({ ...claimed, fingerprint: 'another' })).toEqual({ kind: 'conflict' });
    await store().complete(claimed, kept('x'));
    expect(await store().claim({ ...claimed, fingerprint: 'another' })).toEqual({ kind: 'conflict' });
  });

  test('keeps keys of one scope from those of another', async () => {
    const claimed = ref();
    await store().claim(claimed);
    expect(await store().claim({ ...claimed, scope: 'proj_2' })).toEqual({ kind: 'claimed' });
  });

  test('forgets a key that its owner released, and none that somebody else did', async () => {
    const claimed = ref();
    await store().claim(claimed);
    await store().release({ ...claimed, owner: 'req_2' });
    expect(await store().claim(claimed)).toEqual({ kind: 'in_progress' });
    await store().release(claimed);
    expect(await store().claim(claimed)).toEqual({ kind: 'claimed' });
    await store().complete(claimed, kept('x'));
    await store().release(claimed);
    expect(await store().claim(claimed)).toMatchObject({ kind: 'done' });
  });

  test('takes no answer from an owner that lost its claim', async () => {
    const claimed = ref();
    await store().claim(claimed);
    await redis.del(nameOf(claimed));
    const successor = { ...claimed, owner: 'req_2' };
    await store().claim(successor);
    expect(await store().complete(claimed, kept('late'))).toBe(false);
    expect(await store().claim(claimed)).toEqual({ kind: 'in_progress' });
  });

  test('remembers that there was an answer which it does not have', async () => {
    const claimed = ref();
    await store().claim(claimed);
    await store().complete(claimed, undefined);
    expect(await store().claim(claimed)).toEqual({ kind: 'not_kept' });
  });

  test('keeps no more of one scope than fits, so that answers never crowd out limits and history', async () => {
    const small = createIdempotencyStore(redis, { bytesPerDayMax: 3_000 });
    const scope = `proj_${randomUUID()}`;
    const kinds: string[] = [];
    for (let i = 0; i < 4; i++) {
      const claimed = ref({ scope });
      await small.claim(claimed);
      await small.complete(claimed, kept(Buffer.alloc(1_000)));
      kinds.push((await small.claim(claimed)).kind);
    }
    expect(kinds).toEqual(['done', 'not_kept', 'not_kept', 'not_kept']);
    const elsewhere = ref({ scope: `${scope}-2` });
    await small.claim(elsewhere);
    await small.complete(elsewhere, kept(Buffer.alloc(1_000)));
    expect(await small.claim(elsewhere)).toMatchObject({ kind: 'done' });
  });

  test('goes on after a restart of the server made it forget the scripts', async () => {
    await redis.script('FLUSH');
    expect(await store().claim(ref())).toEqual({ kind: 'claimed' });
  });

  test('rejects while the server is away', async () => {
    const away = createRedis('redis://127.0.0.1:1', { name: 'test', commandTimeoutMs: 100, onError: () => {} });
    await expect(createIdempotencyStore(away).claim(ref())).rejects.toThrow();
    away.disconnect();
  });
});
