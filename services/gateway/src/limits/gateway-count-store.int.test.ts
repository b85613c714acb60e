import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { until } from '@sluice/testing/until';
import type { Redis } from 'ioredis';
import { connectTestRedis, type ConnectedRedis } from '../test-support/connect-test-redis.ts';
import { createGatewayCountStore, type GatewayCountStore } from './gateway-count-store.ts';

describe('the number of gateways', () => {
  let connected: ConnectedRedis;
  let redis: Redis;
  let nowMs: number;
  beforeEach(async () => {
    connected = await connectTestRedis();
    ({ redis } = connected);
    nowMs = Date.UTC(2026, 0, 1);
  });
  afterEach(async () => await connected[Symbol.asyncDispose]());

  const join = (id: string): GatewayCountStore => createGatewayCountStore(redis, { id, now: () => nowMs });

  test('is one before anybody was asked', () => {
    expect(join('a').count()).toBe(1);
  });

  test('counts each gateway that lives, once', async () => {
    const [a, b] = [join('a'), join('b')];
    await a.beat();
    await b.beat();
    await b.beat();
    await a.beat();
    expect([a.count(), b.count()]).toEqual([2, 2]);
  });

  test('forgets a gateway that was not heard of for 15 seconds', async () => {
    const [a, b] = [join('a'), join('b')];
    await a.beat();
    await b.beat();
    nowMs += 14_999;
    await a.beat();
    expect(a.count()).toBe(2);
    nowMs += 1;
    await a.beat();
    expect(a.count()).toBe(1);
  });

  test('forgets a gateway that closes at once, and it does not come back', async () => {
    const [a, b] = [join('a'), join('b')];
    await a.beat();
    await b.beat();
    await b.close();
    await b.beat();
    await a.beat();
    expect(a.count()).toBe(1);
  });

  test('stays what it was while Redis is away', async () => {
    const [a, b] = [join('a'), join('b')];
    await a.beat();
    await b.beat();
    redis.disconnect();
    await b.beat();
    expect(b.count()).toBe(2);
    await expect(b.close()).resolves.toBeUndefined();
  });

  test('by the clock of Redis it begins to count by itself', async () => {
    const one = createGatewayCountStore(redis, { id: 'one' });
    const two = createGatewayCountStore(redis, { id: 'two' });
    one.start();
    await until(async () => (await redis.zcard('sluice:gateways')) === 1);
    two.start();
    await until(() => two.count() === 2);
    await one.close();
    await two.close();
    expect(await redis.exists('sluice:gateways')).toBe(0);
  });
});
