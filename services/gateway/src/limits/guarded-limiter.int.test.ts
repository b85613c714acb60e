import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '@sluice/platform/clock';
import { createLog } from '@sluice/platform/log';
import { createRedis } from '@sluice/platform/redis-client';
import { withRedis } from '@sluice/platform/with-redis';
import { startOwnRedis, type OwnRedis } from '@sluice/testing/own-redis';
import { until } from '@sluice/testing/until';
import { demandOf, monthlyTokens, newScope, place, requests, usage } from '../test-support/demands.ts';
import { LEASE_TTL_MS } from './contract/limiter-harness.ts';
import { LimiterGuard } from './guarded-limiter.ts';
import { createRedisLimiter, isScriptError, watchConnection } from './redis-limiter-store.ts';

const COMMAND_MS = 200;
/** Answers that do not come, one after the other. */
const OPENS_AFTER = 3;
const DAY_MS = 86_400_000;

describe('the guard of the limiter in Redis', () => {
  let server: OwnRedis;
  beforeAll(async () => {
    server = await startOwnRedis();
  });
  afterAll(async () => await server[Symbol.asyncDispose]());
  beforeEach(() => withRedis(server.url, (redis) => redis.flushall()));

  const start = async () => {
    const redis = createRedis(server.url, { name: 'test', commandTimeoutMs: COMMAND_MS, onError: () => {} });
    const guard = new LimiterGuard({
      remote: createRedisLimiter(redis, { leaseTtlMs: LEASE_TTL_MS }),
      isRefusal: isScriptError,
      clock: systemClock,
      log: createLog({ service: 'test', level: 'silent' }),
    });
    watchConnection(redis, guard);
    await until(() => redis.status === 'ready' && guard.state === 'closed');
    const dispose = async (): Promise<void> => {
      await guard.close();
      redis.disconnect();
    };
    return { guard, [Symbol.asyncDispose]: dispose };
  };
  /** Asks one after the other until the breaker opens. */
  const opens = async (guard: LimiterGuard): Promise<void> => {
    let asked = 0;
    for (; guard.state !== 'open' && asked < OPENS_AFTER; asked++)
      expect((await guard.decide(demandOf({ buckets: [requests(newScope())] }))).kind).not.toBe('refused');
    expect(guard.state).toBe('open');
  };
  const answersAtOnce = async (guard: LimiterGuard): Promise<void> => {
    const answers = await Promise.all(Array.from({ length: 100 }, () => guard.decide(demandOf({ buckets: [requests(newScope())] }))));
    // Save for one at most, which goes ahead.
    expect(answers.filter(({ kind }) => kind === 'unavailable').length).toBeGreaterThanOrEqual(99);
  };
  const recovers = (guard: LimiterGuard): Promise<boolean> =>
    until(async () => (await guard.decide(demandOf({ buckets: [requests(newScope())] }))).kind === 'granted' && guard.pending === 0);
  const remaining = async (guard: LimiterGuard, scope: string): Promise<number | undefined> => {
    const answer = await guard.decide(demandOf({ buckets: [requests(scope, { periodMs: DAY_MS })], takes: false }));
    return answer.kind === 'granted' ? answer.buckets[0]?.remaining : undefined;
  };

  test('a Redis that hangs: nobody waits for it, and decisions that it carries out afterwards are taken back', async () => {
    await using harness = await start();
    const { guard } = harness;
    const scope = newScope();
    const demand = () => demandOf({ buckets: [requests(scope, { periodMs: DAY_MS })], gauges: [place(scope)] });
    server.hold();
    const lost = [demand(), demand(), demand()];
    expect(await Promise.all(lost.map((one) => guard.decide(one)))).toEqual(lost.map(() => ({ kind: 'unavailable' })));
    await answersAtOnce(guard);
    server.letGo();
    await recovers(guard);
    expect(await remaining(guard, scope)).toBe(10);
    const answers = [await guard.decide(demand()), await guard.decide(demand())];
    expect(answers.map(({ kind }) => kind)).toEqual(['granted', 'granted']);
  });

  test('a Redis that is paused: the same, and what was used meanwhile is booked, once', async () => {
    await using harness = await start();
    const { guard } = harness;
    const scope = newScope();
    const meter = monthlyTokens(scope);
    await guard.seedMeter(meter, 0);
    const running = demandOf({ buckets: [requests(scope, { periodMs: DAY_MS })], meters: [meter], outputTokens: 50 });
    await guard.decide(running);
    await withRedis(server.url, (redis) => redis.client('PAUSE', 3_000, 'ALL'));
    await opens(guard);
    await answersAtOnce(guard);
    await guard.settle(running, usage({ promptTokens: 3, completionTokens: 4 }));
    const local = demandOf({ buckets: running.buckets, meters: [meter], outputTokens: 50 });
    expect(await guard.decide(local)).toEqual({ kind: 'unavailable' });
    await guard.settle(local, usage({ promptTokens: 10, completionTokens: 20 }));
    await recovers(guard);
    expect(await remaining(guard, scope)).toBe(8);
    const sums = await withRedis(server.url, (redis) => redis.hgetall(`sluice:meter:${scope}:${meter.period}`));
    expect(sums).toEqual({ tokens: '37', 'tokens:held': '0' });
  });

  test('a Redis that is killed: the guard knows at once, and a new one with the old data goes on where it was', async () => {
    await using harness = await start();
    const { guard } = harness;
    const scope = newScope();
    const demand = demandOf({ buckets: [requests(scope, { periodMs: DAY_MS })], gauges: [place(scope, { limit: 1 })] });
    expect((await guard.decide(demand)).kind).toBe('granted');
    // Written to disk once a second.
    await withRedis(server.url, (redis) => redis.call('WAITAOF', '1', '0', '2000').catch(() => redis.bgrewriteaof()));
    await until(async () => /aof_pending_bio_fsync:0/.test(await withRedis(server.url, (redis) => redis.info('persistence'))));
    await server.kill();
    await until(() => guard.state === 'open');
    await answersAtOnce(guard);
    await server.start();
    await recovers(guard);
    expect(await remaining(guard, scope)).toBe(9);
    expect(await guard.decide({ ...demand, id: 'second' })).toMatchObject({ kind: 'refused', by: { kind: 'gauge' } });
    await guard.settle(demand, usage());
    expect((await guard.decide({ ...demand, id: 'third' })).kind).toBe('granted');
  });

  test('a Redis that comes back with nothing: sums are asked for again, and requests that ran are booked as a whole', async () => {
    await using harness = await start();
    const { guard } = harness;
    const scope = newScope();
    const meter = monthlyTokens(scope);
    await guard.seedMeter(meter, 0);
    const demand = demandOf({ buckets: [requests(scope, { periodMs: DAY_MS })], meters: [meter] });
    await guard.decide(demand);
    await withRedis(server.url, (redis) => redis.flushall());
    expect(await guard.decide({ ...demand, id: 'second' })).toEqual({ kind: 'unseeded', index: 0 });
    await guard.settle(demand, usage());
    expect(await remaining(guard, scope)).toBe(9);
  });

  test('scripts that Redis forgot are sent again', async () => {
    await using harness = await start();
    const { guard } = harness;
    const demand = () => demandOf({ buckets: [requests(newScope())] });
    await guard.decide(demand());
    await withRedis(server.url, (redis) => redis.script('FLUSH'));
    expect((await guard.decide(demand())).kind).toBe('granted');
  });

  test('a call that a script cannot carry out fails alone', async () => {
    await using harness = await start();
    const { guard } = harness;
    const scope = newScope();
    await withRedis(server.url, (redis) => redis.set(`sluice:limit:${scope}`, 'not a hash'));
    for (let i = 0; i < 5; i++) expect(await guard.decide(demandOf({ buckets: [requests(scope)] }))).toEqual({ kind: 'unavailable' });
    expect(guard.state).toBe('closed');
    expect((await guard.decide(demandOf({ buckets: [requests(newScope())] }))).kind).toBe('granted');
  });
});
