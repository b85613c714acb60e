import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestRedis, type TestRedis } from '@sluice/testing/test-redis';
import { Redis } from 'ioredis';
import { createRedisLimiter } from '../limits/redis-limiter-store.ts';
import type { MeterDemand } from '../limits/limiter.ts';
import { createUsageDatabase } from '../test-support/usage-database.ts';
import { createQuotaNoticeStore } from './quota-notice-store.ts';
import { createQuotaStore } from './quota-store.ts';

const meter = (change: Partial<MeterDemand>): MeterDemand => ({
  scope: 'project:proj_a',
  resource: 'tokens',
  unit: 'tokens',
  period: '2026-11',
  expiresAt: new Date(Date.now() + 60_000),
  limit: 100,
  promptMax: 1,
  promptMin: 1,
  perOutputToken: 1,
  ...change,
});

describe('where quotas stand', () => {
  let testRedis: TestRedis;
  let redis: Redis;
  beforeAll(async () => {
    testRedis = await createTestRedis();
    redis = new Redis(testRedis.url);
  });
  afterAll(async () => {
    redis.disconnect();
    await testRedis.release();
  });

  test('is read as the limiter keeps it', async () => {
    const limiter = createRedisLimiter(redis, { leaseTtlMs: 12_000 });
    const [tokens, cost, unknown] = [meter({}), meter({ resource: 'cost', unit: 'nanoUsd' }), meter({ period: '2026-12' })];
    await limiter.seedMeter(tokens, 42);
    await limiter.seedMeter(cost, 9_000_000_000_123);
    expect(await createQuotaStore(redis).read([tokens, unknown, cost])).toEqual([42, undefined, 9_000_000_000_123]);
  });

  test('a threshold is claimed by one of many, until its period is forgotten', async () => {
    const store = createQuotaStore(redis);
    const expiresAt = new Date(Date.now() + 60_000);
    const claims = await Promise.all(Array.from({ length: 20 }, () => store.claim('project:p:tokens:2026-11:100:80', expiresAt)));
    expect(claims.filter(Boolean)).toHaveLength(1);
    expect(await redis.pttl('sluice:quota-notice:project:p:tokens:2026-11:100:80')).toBeGreaterThan(50_000);
  });

  test('a notice stands in the audit log of the project’s organization', async () => {
    const { db, close } = await createUsageDatabase([]);
    try {
      const { tell } = createQuotaNoticeStore(db);
      const notice = { ...meter({}), used: 81, hasRefused: false, thresholdPercent: 80 } as const;
      await tell(notice);
      await tell({ ...notice, scope: 'project:proj_gone' });
      expect(await db.auditLog.findMany()).toEqual([
        expect.objectContaining({
          organizationId: 'org_own',
          type: 'quota.threshold_reached',
          actorKind: 'system',
          projectId: 'proj_a',
          before: null,
          after: { unit: 'tokens', period: '2026-11', used: 81, limit: 100, threshold_percent: 80 },
        }),
      ]);
    } finally {
      await close();
    }
  });
});
