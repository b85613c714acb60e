import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { withRedis } from '@sluice/platform/with-redis';
import { startOwnRedis, type OwnRedis } from '@sluice/testing/own-redis';
import { say } from '@sluice/testing/scripts';
import { until } from '@sluice/testing/until';
import { startFleet, type Fleet } from '../test-support/gateway-fleet.ts';

/** The breaker opens within a second, and nobody waits for much longer than that; the rest is for a machine that is busy with other tests. */
const STALL_MS = 7_000;

type Sample = { readonly status: number; readonly ms: number };

describe('when Redis is in trouble', () => {
  let redis: OwnRedis;
  let fleet: Fleet;
  beforeAll(async () => {
    redis = await startOwnRedis();
    fleet = await startFleet({
      gateways: 2,
      script: say(['x']),
      redisUrl: redis.url,
      tier: { requestsPerMinute: 100_000, concurrentRequests: 1_000 },
    });
  });
  afterAll(async () => {
    try {
      await fleet[Symbol.asyncDispose]();
    } finally {
      await redis[Symbol.asyncDispose]();
    }
  });

  /** Four clients at each gateway until `during` is over. */
  const underLoad = async (during: () => Promise<void>): Promise<Sample[]> => {
    const samples: Sample[] = [];
    const over = new AbortController();
    const clients = Array.from({ length: 8 }, async (_, i) => {
      while (!over.signal.aborted) {
        const startedAtMs = performance.now();
        const response = await fleet.chat(i % 2, { max_tokens: 1 });
        await response.text();
        samples.push({ status: response.status, ms: performance.now() - startedAtMs });
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    });
    const enough = samples.length + 100;
    await until(() => samples.length > enough);
    await during();
    const more = samples.length + 100;
    await until(() => samples.length > more);
    over.abort();
    await Promise.all(clients);
    return samples;
  };
  const decided = async (outcome: string): Promise<number> => {
    const texts = await Promise.all(fleet.gateways.map(async ({ metricsUrl }) => (await fetch(metricsUrl)).text()));
    return texts.reduce(
      (sum, text) => sum + Number(new RegExp(`admissions_total\\{outcome="${outcome}"\\} (\\d+)`).exec(text)?.[1] ?? 0),
      0,
    );
  };
  /** Shared limits are asked again, and nothing that ran is still counted as running. */
  const recovered = async (): Promise<void> => {
    await until(async () => {
      const before = await decided('granted');
      await Promise.all([fleet.chat(0), fleet.chat(1)]);
      return (await decided('granted')) === before + 2;
    });
    await until(async () => (await fleet.redis.zcard('sluice:leases')) === 0);
  };

  test('one that hangs holds up nobody: this gateway’s share is served, and shared limits hold again afterwards', async () => {
    const samples = await underLoad(async () => {
      redis.hold();
      const before = await decided('granted_locally');
      await until(async () => (await decided('granted_locally')) > before + 50);
      redis.letGo();
    });
    expect(new Set(samples.map(({ status }) => status))).toEqual(new Set([200]));
    expect(Math.max(...samples.map(({ ms }) => ms))).toBeLessThan(STALL_MS);
    await recovered();
  });

  test('one that is paused is the same', async () => {
    const samples = await underLoad(async () => {
      await withRedis(redis.url, (admin) => admin.client('PAUSE', 8_000));
      const before = await decided('granted_locally');
      await until(async () => (await decided('granted_locally')) > before + 50);
    });
    expect(new Set(samples.map(({ status }) => status))).toEqual(new Set([200]));
    expect(Math.max(...samples.map(({ ms }) => ms))).toBeLessThan(STALL_MS);
    await recovered();
  });

  test('one that restarts is the same', async () => {
    const samples = await underLoad(async () => {
      await redis.stop();
      const before = await decided('granted_locally');
      await until(async () => (await decided('granted_locally')) > before + 50);
      await redis.start();
    });
    expect(new Set(samples.map(({ status }) => status))).toEqual(new Set([200]));
    expect(Math.max(...samples.map(({ ms }) => ms))).toBeLessThan(STALL_MS);
    await recovered();
  });

  test('a tier that would rather refuse answers 503 at once, with the time to come back', async () => {
    await fleet.db.tier.updateMany({ data: { onLimiterDown: 'refuse' } });
    await fleet.redis.incr(`sluice:epoch:project:${fleet.projectId}`);
    await until(async () => (await fleet.chat(0)).status === 200);
    await fleet.chat(1);
    redis.hold();
    const startedAtMs = performance.now();
    const response = await fleet.chat(0);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await response.json()).toMatchObject({ error: { code: 'limiter_unavailable' } });
    expect(performance.now() - startedAtMs).toBeLessThan(STALL_MS);
    redis.letGo();
    await until(async () => (await fleet.chat(0)).status === 200);
  });
});
