import { describe, expect, test } from '@jest/globals';
import { demandOf, monthlyTokens, newScope, place, requests } from '../test-support/demands.ts';
import { createTestTime, LEASE_TTL_MS, type LimiterHarness } from './contract/limiter-harness.ts';
import { describeLimiter } from './limiter.contract.ts';
import { LocalLimiter } from './local-limiter.ts';
import { checkAgainstReference } from './reference/check-against-reference.ts';

function start(options: { scopesMax?: number } = {}): LimiterHarness & { readonly limiter: LocalLimiter } {
  const { nowMs, jump, passWith } = createTestTime();
  const wakes: string[] = [];
  const limiter = new LocalLimiter({
    leaseTtlMs: LEASE_TTL_MS,
    clock: { now: () => new Date(nowMs()) },
    onWake: (scope) => wakes.push(scope),
    ...options,
  });
  return { limiter, nowMs, jump, pass: passWith(limiter), wakes: () => wakes, [Symbol.asyncDispose]: async () => {} };
}

describe('the limiter in memory', () => {
  describeLimiter(async () => start());

  test('does what the reference does, whatever happens', async () => {
    await checkAgainstReference({ start: async () => start(), runs: 1_000 });
  });

  test('keeps a bounded number of scopes: the one that was not asked for the longest goes first', async () => {
    await using harness = start({ scopesMax: 3 });
    const { limiter } = harness;
    const scopes = ['a', 'b', 'c', 'd'].map(newScope);
    const take = (scope = '') => limiter.decide(demandOf({ buckets: [requests(scope, { limit: 1 })] }));
    for (const scope of scopes) await take(scope);
    const kinds = [];
    for (const scope of scopes.toReversed()) kinds.push((await take(scope)).kind);
    expect(kinds).toEqual(['refused', 'refused', 'refused', 'granted']);
  });

  test('forgets no scope that somebody holds a place in', async () => {
    await using harness = start({ scopesMax: 1 });
    const { limiter } = harness;
    const held = newScope();
    const enter = () => limiter.decide(demandOf({ gauges: [place(held, { limit: 1 })] }));
    await enter();
    for (let i = 0; i < 5; i++) await limiter.decide(demandOf({ buckets: [requests(newScope())] }));
    expect((await enter()).kind).toBe('refused');
  });

  test('asks for every sum again when it is told to forget them', async () => {
    await using harness = start();
    const { limiter } = harness;
    const demand = demandOf({ meters: [monthlyTokens(newScope())] });
    for (const meter of demand.meters) await limiter.seedMeter(meter, 0);
    expect((await limiter.decide(demand)).kind).toBe('granted');
    limiter.forgetMeters();
    expect((await limiter.decide(demand)).kind).toBe('unseeded');
  });

  test('forgets a sum when its period is over', async () => {
    await using harness = start();
    const { limiter, jump, nowMs } = harness;
    const meter = monthlyTokens(newScope(), { expiresAt: new Date(nowMs() + 1_000) });
    await limiter.seedMeter(meter, 0);
    jump(999);
    expect((await limiter.decide(demandOf({ meters: [meter] }))).kind).toBe('granted');
    jump(1);
    expect((await limiter.decide(demandOf({ meters: [meter] }))).kind).toBe('unseeded');
  });
});
