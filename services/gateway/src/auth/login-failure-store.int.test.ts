import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createRedis } from '@sluice/platform/redis-client';
import type { Redis } from 'ioredis';
import { connectTestRedis, type ConnectedRedis } from '../test-support/connect-test-redis.ts';
import { createTestClock } from '../test-support/test-clock.ts';
import { createLoginFailureStore } from './login-failure-store.ts';
import { withFallback } from './login-failures.ts';
import { loginFailuresContract } from './login-failures.contract.ts';
import { createMemoryLoginFailures } from './memory-login-failures.ts';

let testRedis: ConnectedRedis;
let redis: Redis;
beforeAll(async () => {
  testRedis = await connectTestRedis();
  ({ redis } = testRedis);
});
afterAll(async () => {
  await testRedis[Symbol.asyncDispose]();
});

loginFailuresContract('failed logins in Redis', (clock) => createLoginFailureStore(redis, clock));

describe('failed logins in Redis', () => {
  test('are one count for all gateways', async () => {
    const clock = createTestClock();
    const [first, second] = [createLoginFailureStore(redis, clock), createLoginFailureStore(redis, clock)];
    const attempt = { account: 'shared', address: 'a' };
    for (const failures of [first, second, first, second, first]) {
      await failures.begin(attempt);
      await failures.fail(attempt);
    }
    expect(await second.begin(attempt)).toEqual({ isOpen: false, waitMs: 30_000 });
  });

  test('leave nothing behind for ever', async () => {
    const failures = createLoginFailureStore(redis, createTestClock());
    const attempt = { account: 'expires', address: 'expires' };
    await failures.begin(attempt);
    await failures.fail(attempt);
    expect(await redis.pttl('sluice:login:account:expires')).toBeGreaterThan(0);
    expect(await redis.pttl('sluice:login:address:expires')).toBeGreaterThan(0);
  });

  test('are counted by each gateway for itself while Redis is away', async () => {
    const away = createRedis('redis://127.0.0.1:1', { name: 'test', commandTimeoutMs: 100, onError: () => {} });
    const clock = createTestClock();
    let failed = 0;
    const failures = withFallback(createLoginFailureStore(away, clock), createMemoryLoginFailures(clock), () => (failed += 1));
    const attempt = { account: 'a', address: 'a' };
    const gates: boolean[] = [];
    for (let i = 0; i < 6; i++) {
      gates.push((await failures.begin(attempt)).isOpen);
      await failures.fail(attempt);
    }
    away.disconnect();
    expect(gates).toEqual([true, true, true, true, true, false]);
    expect(failed).toBe(12);
  });
});
