import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimPort, type ClaimedPort } from '@sluice/stack/ports';
import { findRedisProgram } from '@sluice/stack/redis-program';
import { startRedis, type Redis as OwnRedis } from '@sluice/stack/redis';
import { say } from '@sluice/testing/scripts';
import { Redis } from 'ioredis';
import { startFleet, type Fleet } from '../test-support/gateway-fleet.ts';
import { until } from '../test-support/until.ts';

/** The breaker opens within a second; nobody waits for much longer than that. */
const STALL_MS = 2_500;

type Sample = { readonly status: number; readonly ms: number };

/** A Redis that a test may stop, pause and restart. */
class Trouble {
  readonly folder = mkdtempSync(join(tmpdir(), 'sluice-redis-'));
  claim: ClaimedPort | undefined;
  redis: OwnRedis | undefined;

  async start(): Promise<string> {
    this.claim ??= await claimPort(0);
    const program = await findRedisProgram({ env: process.env, mayInstall: false });
    const options = { program, data: this.folder, port: this.claim.port, logFile: join(this.folder, 'redis.log'), env: process.env };
    this.redis = await startRedis(options);
    return this.redis.url;
  }

  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    const pid = this.redis?.child.identity.pid;
    if (pid !== undefined) process.kill(pid, name);
  }

  async end(): Promise<void> {
    this.signal('SIGCONT');
    await this.redis?.child.stop();
    this.claim?.release();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

describe('when Redis is in trouble', () => {
  const trouble = new Trouble();
  let fleet: Fleet;
  beforeAll(async () => {
    const redisUrl = await trouble.start();
    fleet = await startFleet({
      gateways: 2,
      script: say(['x']),
      redisUrl,
      tier: { requestsPerMinute: 100_000, concurrentRequests: 1_000 },
    });
  });
  afterAll(async () => {
    await fleet[Symbol.asyncDispose]();
    await trouble.end();
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
      trouble.signal('SIGSTOP');
      const before = await decided('granted_locally');
      await until(async () => (await decided('granted_locally')) > before + 50);
      trouble.signal('SIGCONT');
    });
    expect(new Set(samples.map(({ status }) => status))).toEqual(new Set([200]));
    expect(Math.max(...samples.map(({ ms }) => ms))).toBeLessThan(STALL_MS);
    await recovered();
  });

  test('one that is paused is the same', async () => {
    const admin = new Redis(trouble.redis?.url ?? '');
    const samples = await underLoad(async () => {
      await admin.client('PAUSE', 3_000);
      const before = await decided('granted_locally');
      await until(async () => (await decided('granted_locally')) > before + 50);
    });
    admin.disconnect();
    expect(new Set(samples.map(({ status }) => status))).toEqual(new Set([200]));
    expect(Math.max(...samples.map(({ ms }) => ms))).toBeLessThan(STALL_MS);
    await recovered();
  });

  test('one that restarts is the same', async () => {
    const samples = await underLoad(async () => {
      await trouble.redis?.child.stop();
      const before = await decided('granted_locally');
      await until(async () => (await decided('granted_locally')) > before + 50);
      await trouble.start();
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
    trouble.signal('SIGSTOP');
    const startedAtMs = performance.now();
    const response = await fleet.chat(0);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await response.json()).toMatchObject({ error: { code: 'limiter_unavailable' } });
    expect(performance.now() - startedAtMs).toBeLessThan(STALL_MS);
    trouble.signal('SIGCONT');
    await until(async () => (await fleet.chat(0)).status === 200);
  });
});
