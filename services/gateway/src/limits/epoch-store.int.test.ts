import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { connectTestRedis, type ConnectedRedis } from '../test-support/connect-test-redis.ts';
import { createEpochStore, type EpochStore } from './epoch-store.ts';

const DAY_S = 24 * 60 * 60;

describe('the epoch store', () => {
  let connected: ConnectedRedis;
  let redis: Redis;
  let epochs: EpochStore;
  beforeAll(async () => {
    connected = await connectTestRedis();
    ({ redis } = connected);
    epochs = createEpochStore(redis);
  });
  afterAll(async () => await connected[Symbol.asyncDispose]());

  test('what never changed has no value', async () => {
    expect(await epochs.read(['key:untouched', 'org:untouched'])).toEqual(['', '']);
  });

  test('every bump gives another value, and only to what it names', async () => {
    await epochs.bump(['key:a', 'org:a']);
    const [org, key] = await epochs.read(['org:a', 'key:a']);
    await epochs.bump(['key:a']);
    expect(await epochs.read(['org:a', 'key:a', 'key:b'])).toEqual([org, expect.any(String), '']);
    expect(await epochs.read(['key:a'])).not.toEqual([key]);
  });

  test('a value that was seen does not come again when Redis has lost its data', async () => {
    const seen: (readonly string[])[] = [];
    for (let i = 0; i < 3; i++) {
      await redis.del('sluice:epoch:key:lost');
      await epochs.bump(['key:lost']);
      seen.push(await epochs.read(['key:lost']));
    }
    expect(new Set(seen.flat()).size).toBe(3);
  });

  test('a value is kept for two days after the last change', async () => {
    await epochs.bump(['key:kept']);
    await redis.expire('sluice:epoch:key:kept', 10);
    await epochs.bump(['key:kept']);
    expect(await redis.ttl('sluice:epoch:key:kept')).toBeGreaterThan(2 * DAY_S - 60);
  });

  test('nothing to bump or to read asks nobody', async () => {
    const away = createEpochStore(new Redis({ lazyConnect: true, enableOfflineQueue: false }));
    await expect(away.bump([])).resolves.toBeUndefined();
    await expect(away.read([])).resolves.toEqual([]);
  });
});
