import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { until } from '@sluice/testing/until';
import { Redis } from 'ioredis';
import { connectTestRedis, type ConnectedRedis } from '../test-support/connect-test-redis.ts';
import { demandOf, monthlyCost, monthlyTokens, newScope, place, requests, tokens, usage } from '../test-support/demands.ts';
import { createTestTime, LEASE_TTL_MS, type LimiterHarness } from './contract/limiter-harness.ts';
import { createEpochStore } from './epoch-store.ts';
import type { Demand, RemoteLimiter } from './limiter.ts';
import { describeLimiter } from './limiter.contract.ts';
import { createRedisLimiter } from './redis-limiter-store.ts';
import { checkAgainstReference } from './reference/check-against-reference.ts';
import { GAUGES, METERS, MONTHS, SCOPES } from './reference/limiter-actions.ts';
import type { ReferenceLimiter } from './reference/reference-limiter.ts';
import { watchWakes } from './wake-client.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

type RedisHarness = LimiterHarness & { readonly limiter: RemoteLimiter };

describe('the limiter in Redis', () => {
  let connected: ConnectedRedis;
  let redis: Redis;
  let subscriber: Redis;
  const wakes: string[] = [];
  beforeAll(async () => {
    connected = await connectTestRedis();
    ({ redis } = connected);
    subscriber = new Redis(connected.url);
    watchWakes(subscriber, (scope) => wakes.push(scope));
    await until(async () => Number((await redis.pubsub('NUMSUB', 'sluice:wake'))[1]) === 1);
  });
  afterAll(async () => {
    subscriber.disconnect();
    await connected[Symbol.asyncDispose]();
  });

  /** With an empty database, because leases and their clock are one for all. */
  const start = async (): Promise<RedisHarness> => {
    await redis.flushdb();
    wakes.length = 0;
    const { nowMs, jump, passWith } = createTestTime();
    const limiter = createRedisLimiter(redis, { leaseTtlMs: LEASE_TTL_MS, now: nowMs });
    return { limiter, nowMs, jump, pass: passWith(limiter), wakes: () => wakes, [Symbol.asyncDispose]: async () => {} };
  };
  describeLimiter(start);

  /** What Redis holds, beside what it answers. */
  const compareState = async (reference: ReferenceLimiter): Promise<void> => {
    await Promise.all(
      SCOPES.map(async (scope) => {
        const counts = await redis.hgetall(`sluice:limit:${scope}`);
        for (const gauge of GAUGES)
          expect([scope, gauge, Number(counts[`g:${gauge}`] ?? 0)]).toEqual([scope, gauge, reference.taken(scope, gauge)]);
        const line = await redis.zrange(`sluice:line:${scope}`, '0', '-1');
        expect([scope, line.sort(), Number(counts['w'] ?? 0)]).toEqual([scope, reference.line(scope), line.length]);
        const sums = await redis.hgetall(`sluice:meter:${scope}:${MONTHS[0]}`);
        for (const kind of METERS) {
          const meter = monthlyTokens(scope, { ...kind, period: MONTHS[0] });
          const [used, held] = [Number(sums[meter.resource] ?? 0), Number(sums[`${meter.resource}:held`] ?? 0)];
          expect([scope, kind, used, held]).toEqual([scope, kind, reference.used(meter), reference.held(meter)]);
        }
      }),
    );
  };

  test('does what the reference does, whatever happens', async () => {
    await checkAgainstReference({ start, runs: 400, compareState });
  });

  /** Takes something of every kind. */
  const everything = async (limiter: RemoteLimiter, change: Partial<Demand> = {}): Promise<Demand> => {
    const scope = newScope();
    const meters = [monthlyTokens(scope), monthlyCost(scope)];
    for (const meter of meters) await limiter.seedMeter(meter, 0);
    return demandOf({
      buckets: [requests(scope), tokens(scope)],
      gauges: [place(scope, { limit: 1 })],
      meters,
      outputTokens: 20,
      ...change,
    });
  };
  const dump = async (): Promise<Record<string, unknown>> => {
    const contents: Record<string, unknown> = {};
    for (const key of await redis.keys('*')) {
      const type = await redis.type(key);
      if (type === 'hash') contents[key] = await redis.hgetall(key);
      else contents[key] = type === 'zset' ? await redis.zrange(key, '0', '-1', 'WITHSCORES') : await redis.get(key);
    }
    return contents;
  };

  test('a change that was announced makes the snapshot stale, before anything is taken', async () => {
    await using harness = await start();
    const { limiter } = harness;
    const epochs = createEpochStore(redis);
    const [key, project] = [newScope('key'), newScope('project')];
    await epochs.bump([project]);
    const seenOf = async (name: string): Promise<string> => (await epochs.read([name]))[0] ?? '';
    const unchanged = { name: project, seen: await seenOf(project) };
    const demand = await everything(limiter, { epochs: [{ name: key, seen: '' }, unchanged] });
    expect((await limiter.decide({ ...demand, takes: false })).kind).toBe('granted');
    await epochs.bump([key]);
    const stale = { kind: 'stale', epochs: [{ name: key, seen: await seenOf(key) }, unchanged] };
    expect(await limiter.decide(demand)).toEqual(stale);
    expect(await limiter.decide({ ...demand, takes: false })).toEqual(stale);
    expect((await limiter.decide({ ...demand, epochs: stale.epochs })).kind).toBe('granted');
  });

  test('one that cannot be decided on spoils nothing for those that are asked with it', async () => {
    await using harness = await start();
    const { limiter } = harness;
    const gauges = [place(newScope(), { limit: 10 })];
    const [first, broken, last] = [demandOf({ gauges }), demandOf({ gauges }), demandOf({ gauges })];
    await redis.set(`sluice:lease:${broken.id}`, 'g and nothing that anybody wrote');
    const answers = await Promise.allSettled([first, broken, last].map((demand) => limiter.decide(demand)));
    expect(answers).toMatchObject([{ value: { kind: 'granted' } }, { status: 'rejected' }, { value: { kind: 'granted' } }]);
    const taken = (): Promise<string | null> => redis.hget(`sluice:limit:${gauges[0]?.scope}`, 'g:concurrency');
    expect(await taken()).toBe('2');
    await Promise.allSettled([first, broken, last].map((demand) => limiter.settle(demand, usage())));
    expect(await taken()).toBe('0');
  });

  test('a lease that ran out gives its place back, also where the call that ends it fails', async () => {
    await using harness = await start();
    const { limiter, jump } = harness;
    const [held, broken] = [demandOf({ gauges: [place(newScope())] }), demandOf({ gauges: [place(newScope())] })];
    await limiter.decide(held);
    for (let step = 0; step < 2; step++) {
      jump(LEASE_TTL_MS / 3);
      await limiter.renew([]);
    }
    jump(LEASE_TTL_MS / 3);
    await redis.set(`sluice:lease:${broken.id}`, 'g and nothing that anybody wrote');
    await expect(limiter.decide(broken)).rejects.toThrow();
    expect(await redis.hget(`sluice:limit:${held.gauges[0]?.scope}`, 'g:concurrency')).toBe('0');
  });

  test('a refusal leaves everything as it was', async () => {
    await using harness = await start();
    const { limiter } = harness;
    const demand = await everything(limiter);
    await limiter.decide(demand);
    const before = await dump();
    for (let i = 0; i < 3; i++) expect((await limiter.decide({ ...demand, id: `other-${i}` })).kind).toBe('refused');
    expect(await dump()).toEqual(before);
  });

  test('looking leaves everything as it was', async () => {
    await using harness = await start();
    const { limiter, jump } = harness;
    const demand = await everything(limiter);
    await limiter.decide(demand);
    const before = await dump();
    jump(HOUR_MS);
    await limiter.decide({ ...demand, id: 'look', takes: false });
    expect(await dump()).toEqual(before);
  });

  test('when everything is settled nothing is left of a request but a mark that it was settled', async () => {
    await using harness = await start();
    const { limiter } = harness;
    const demand = await everything(limiter);
    await limiter.decide(demand);
    await limiter.settle(demand, usage());
    expect(await redis.zcard('sluice:leases')).toBe(0);
    expect(await redis.pttl(`sluice:lease:${demand.id}`)).toBeGreaterThan(100_000);
    expect(await redis.keys('sluice:line:*')).toEqual([]);
  });

  test('every key begins with "sluice:", and only leases, which are reaped, never expire', async () => {
    await using harness = await start();
    const { limiter } = harness;
    const demand = await everything(limiter);
    await limiter.decide(demand);
    await limiter.decide({ ...demand, id: 'waits', ticket: { rank: 1, depthMax: 5 } });
    const keys = await redis.keys('*');
    expect(keys.filter((key) => !key.startsWith('sluice:'))).toEqual([]);
    const lasting = [];
    for (const key of keys) if ((await redis.pttl(key)) === -1) lasting.push(key);
    const scope = demand.gauges[0]?.scope;
    expect(lasting.sort()).toEqual(
      ['sluice:lease-clock', `sluice:lease:${demand.id}`, 'sluice:lease:waits', 'sluice:leases', `sluice:line:${scope}`].sort(),
    );
  });

  test('a scope is kept until its slowest bucket is full again, and not for ever', async () => {
    await using harness = await start();
    const { limiter, jump } = harness;
    const day = requests(newScope(), { resource: 'rpd', limit: 4, periodMs: DAY_MS });
    const minute = requests(day.scope, { limit: 100 });
    const key = `sluice:limit:${day.scope}`;
    for (let i = 1; i <= 4; i++) {
      await limiter.decide(demandOf({ buckets: [minute, day] }));
      const ttlMs = await redis.pttl(key);
      expect(ttlMs).toBeGreaterThan((i * DAY_MS) / 4 - 1_000);
      expect(ttlMs).toBeLessThan(2 * DAY_MS + HOUR_MS);
    }
    // What Redis would have done meanwhile: its own clock stood still.
    jump(DAY_MS / 2);
    await redis.pexpire(key, (await redis.pttl(key)) - DAY_MS / 2);
    await limiter.decide(demandOf({ buckets: [minute] }));
    expect(await redis.pttl(key)).toBeGreaterThan(DAY_MS / 2);
  });

  test('more than the limit was used: the scope is kept until that is paid off, too', async () => {
    await using harness = await start();
    const { limiter } = harness;
    const bucket = tokens(newScope());
    const demand = demandOf({ buckets: [bucket] });
    await limiter.decide(demand);
    await limiter.settle(demand, usage({ completionTokens: 60_000 }));
    expect(await redis.pttl(`sluice:limit:${bucket.scope}`)).toBeGreaterThan(60 * 60_000 - 1_000);
  });

  test('a scope is kept as long as somebody renews a lease in it or waits for it', async () => {
    await using harness = await start();
    const { limiter, jump } = harness;
    const [held, waited] = [newScope(), newScope()];
    const holder = demandOf({ gauges: [place(held, { limit: 1 })] });
    const waiter = demandOf({ buckets: [requests(waited, { limit: 1 })], ticket: { rank: 1, depthMax: 5 } });
    await limiter.decide(holder);
    await limiter.decide({ ...waiter, id: 'first', ticket: undefined });
    await limiter.decide(waiter);
    const keys = [`sluice:limit:${held}`, `sluice:limit:${waited}`];
    for (let ms = 0; ms < HOUR_MS / 2; ms += 4_000) {
      jump(4_000);
      for (const key of keys) await redis.pexpire(key, (await redis.pttl(key)) - 4_000);
      await limiter.renew([holder.id, waiter.id]);
    }
    expect((await limiter.decide({ ...holder, id: 'late' })).kind).toBe('refused');
    expect(await redis.hget(`sluice:limit:${waited}`, 'w')).toBe('1');
  });

  test('a sum is kept until it may be forgotten', async () => {
    await using harness = await start();
    const { limiter, nowMs } = harness;
    const meter = monthlyTokens(newScope(), { expiresAt: new Date(nowMs() + 9 * DAY_MS) });
    await limiter.seedMeter(meter, 0);
    await limiter.decide(demandOf({ meters: [meter] }));
    const ttlMs = await redis.pttl(`sluice:meter:${meter.scope}:${meter.period}`);
    expect(Math.abs(ttlMs - 9 * DAY_MS)).toBeLessThan(5_000);
  });

  test('a sum whose time is over is not brought back by a late settlement or a dead lease', async () => {
    await using harness = await start();
    const { limiter, pass } = harness;
    const [settled, dead] = [await everything(limiter), await everything(limiter)];
    await limiter.decide(settled);
    await limiter.decide(dead);
    for (const { meters } of [settled, dead]) await redis.del(`sluice:meter:${meters[0]?.scope}:2026-11`);
    await limiter.settle(settled, usage({ completionTokens: 5 }));
    await pass(LEASE_TTL_MS);
    expect(await redis.keys('sluice:meter:*')).toEqual([]);
  });

  test('a grant whose answer was lost is taken back as if it had never been, and its id may be used again', async () => {
    await using harness = await start();
    const { limiter } = harness;
    const demand = await everything(limiter);
    const before = await limiter.decide({ ...demand, id: 'look', takes: false });
    await limiter.decide(demand);
    await limiter.undo(demand);
    expect(await limiter.decide({ ...demand, id: 'look', takes: false })).toEqual(before);
    expect((await limiter.decide(demand)).kind).toBe('granted');
    await limiter.undo(demand);
    await limiter.settle(demand, usage({ promptTokens: 1, completionTokens: 2 }));
    expect(await limiter.decide({ ...demand, id: 'after' })).toMatchObject({
      kind: 'granted',
      buckets: [{ remaining: 8 }, { remaining: 897 }],
    });
  });

  test('undoing frees a place in line, and does nothing where nothing was taken or all is settled', async () => {
    await using harness = await start();
    const { limiter } = harness;
    const demand = await everything(limiter);
    await limiter.decide(demand);
    const waiting = { ...demand, id: 'waiting', ticket: { rank: 1, depthMax: 5 } };
    await limiter.decide(waiting);
    await limiter.undo(waiting);
    expect(await redis.keys('sluice:line:*')).toEqual([]);
    await limiter.settle(demand, usage({ completionTokens: 7 }));
    const before = await dump();
    await limiter.undo(demand);
    await limiter.undo({ ...demand, id: 'never' });
    expect(await dump()).toEqual(before);
  });

  test('by the clock of Redis it does the same', async () => {
    await redis.flushdb();
    const limiter = createRedisLimiter(redis, { leaseTtlMs: LEASE_TTL_MS });
    const demand = demandOf({ buckets: [requests(newScope(), { limit: 1, periodMs: 100 })] });
    expect((await limiter.decide(demand)).kind).toBe('granted');
    expect(await limiter.decide({ ...demand, id: 'second' })).toMatchObject({ by: { kind: 'bucket' } });
    await until(async () => (await limiter.decide({ ...demand, id: 'third' })).kind === 'granted');
    await limiter.renew([demand.id]);
    await limiter.settle(demand, usage());
  });

  test('three gateways offer five times the limit at once: exactly the limit is granted', async () => {
    await redis.flushdb();
    const clients = [1, 2, 3].map(() => new Redis(connected.url));
    const limiters = clients.map((client) => createRedisLimiter(client, { leaseTtlMs: LEASE_TTL_MS }));
    const offer = (demand: Demand, i: number) =>
      limiters[i % 3]?.decide({ ...demand, id: newScope() }) ?? Promise.reject(new Error('none'));
    const scope = newScope();
    const day = requests(scope, { limit: 30, periodMs: DAY_MS });
    const meter = monthlyTokens(scope, { limit: 10 * 50 });
    await limiters[0]?.seedMeter(meter, 0);
    const granted = async (demand: Demand): Promise<number> => {
      const answers = await Promise.all(Array.from({ length: 150 }, (_, i) => offer(demand, i)));
      return answers.filter(({ kind }) => kind === 'granted').length;
    };
    expect(await granted(demandOf({ buckets: [day] }))).toBe(30);
    expect(await granted(demandOf({ gauges: [place(scope, { limit: 20 })] }))).toBe(20);
    expect(await granted(demandOf({ meters: [meter], outputTokens: 40 }))).toBe(10);
    expect(await redis.hgetall(`sluice:meter:${scope}:2026-11`)).toEqual({ tokens: '0', 'tokens:held': '500' });
    for (const client of clients) client.disconnect();
  });
});
