import { describe, expect, test } from '@jest/globals';
import { demandOf, monthlyCost, monthlyTokens, newScope, usage } from '../../test-support/demands.ts';
import type { Demand, Limiter, MeterDemand } from '../limiter.ts';
import { LEASE_TTL_MS, type StartLimiter } from './limiter-harness.ts';

export function describeMeters(start: StartLimiter): void {
  describe('sums over a month', () => {
    const demand = (outputTokens: number, ...meters: MeterDemand[]): Demand => demandOf({ outputTokens, meters });
    const seeded = async (limiter: Limiter, meter: MeterDemand, used = 0): Promise<MeterDemand> => {
      await limiter.seedMeter(meter, used);
      return meter;
    };
    const granted = (outputTokens: number, totalTokens?: number) => ({
      kind: 'granted',
      buckets: [],
      outputTokens,
      totalTokens,
      isRoomy: expect.any(Boolean),
    });

    test('a sum that is not known is asked for, and nothing is taken before', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const scope = newScope();
      const known = await seeded(limiter, monthlyCost(scope));
      const unknown = monthlyTokens(scope, { limit: 50 });
      const request = demand(40, known, unknown);
      expect(await limiter.decide(request)).toEqual({ kind: 'unseeded', index: 1 });
      await limiter.seedMeter(unknown, 0);
      expect(await limiter.decide(request)).toEqual(granted(40, 50));
    });

    test('a sum that is known is not set again', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const meter = await seeded(limiter, monthlyTokens(newScope()), 990);
      await limiter.seedMeter(meter, 0);
      expect(await limiter.decide(demand(5, meter))).toMatchObject({ kind: 'refused', by: { kind: 'meter', isFinal: true, used: 990 } });
    });

    test('another period begins anew, and another resource of the same period is another sum', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const meter = await seeded(limiter, monthlyTokens(newScope()), 1_000);
      for (const other of [
        { ...meter, period: '2026-12' },
        { ...meter, resource: 'other' },
      ]) {
        expect(await limiter.decide(demand(5, other))).toEqual({ kind: 'unseeded', index: 0 });
        await limiter.seedMeter(other, 0);
        expect(await limiter.decide(demand(5, other))).toEqual(granted(5, 15));
      }
    });

    test('what may still be used is held, so that others cannot have it', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const meter = await seeded(limiter, monthlyTokens(newScope(), { limit: 100 }));
      expect(await limiter.decide(demand(60, meter))).toEqual(granted(60, 70));
      expect(await limiter.decide(demand(20, meter))).toEqual(granted(20, 30));
      expect(await limiter.decide(demand(1, meter))).toMatchObject({ by: { kind: 'meter', index: 0, isFinal: false, used: 0 } });
    });

    test('a request that does not fit gets what is left, and all of that is held', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const meter = await seeded(limiter, monthlyTokens(newScope(), { limit: 50, promptMax: 30, promptMin: 10 }));
      // The prompt may turn out to be small, so 40 may come out; together it is never more than what is left.
      expect(await limiter.decide(demand(100, meter))).toEqual(granted(40, 50));
      expect(await limiter.decide(demand(1, meter))).toMatchObject({ by: { isFinal: false } });
    });

    test('with room for the smallest prompt and one token it is granted, with less it is refused', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const meter = await seeded(limiter, monthlyTokens(newScope(), { promptMax: 30 }), 989);
      expect(await limiter.decide(demand(100, meter))).toEqual(granted(1, 11));
      const full = await seeded(limiter, monthlyTokens(newScope(), { promptMax: 30 }), 990);
      expect(await limiter.decide(demand(100, full))).toMatchObject({ by: { kind: 'meter', isFinal: true, used: 990 } });
    });

    test('a request without output needs room for its prompt only', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const meter = await seeded(limiter, monthlyTokens(newScope()), 990);
      expect(await limiter.decide(demand(0, meter))).toEqual(granted(0, 10));
    });

    test('where another sum has less room, each holds only what the request can still use', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const scope = newScope();
      const wide = await seeded(limiter, monthlyTokens(scope));
      const money = await seeded(limiter, monthlyCost(scope, { limit: 300 }));
      // 300 less 100 for the prompt, at 10 a token.
      expect(await limiter.decide(demand(500, wide, money))).toEqual(granted(20, 30));
      expect(await limiter.decide(demand(960, wide))).toEqual(granted(960, 970));
    });

    test('prices may be fractions, and are held rounded up', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const meter = await seeded(limiter, monthlyCost(newScope(), { limit: 20, promptMax: 0, promptMin: 0, perOutputToken: 2.5 }));
      expect(await limiter.decide(demand(3, meter))).toEqual(granted(3));
      // 7.5 are held as 8: 12 are left.
      expect(await limiter.decide(demand(9, meter))).toEqual(granted(4));
      const free = await seeded(limiter, monthlyCost(newScope(), { limit: 0, promptMax: 0, promptMin: 0, perOutputToken: 0 }));
      expect(await limiter.decide(demand(1_000, free))).toEqual(granted(1_000));
    });

    test('the total is that of the tightest sum of tokens', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const wide = await seeded(limiter, monthlyTokens(newScope('organization'), { promptMax: 30 }));
      const tight = await seeded(limiter, monthlyTokens(newScope('key'), { promptMax: 30, limit: 35 }));
      expect(await limiter.decide(demand(100, wide, tight))).toEqual(granted(25, 35));
    });

    test('a quota that is used up is told from one that is only held, whichever comes first', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const held = await seeded(limiter, monthlyTokens(newScope(), { limit: 100 }));
      await limiter.decide(demand(90, held));
      const usedUp = await seeded(limiter, monthlyTokens(newScope()), 1_200);
      expect(await limiter.decide(demand(1, held))).toMatchObject({ by: { index: 0, isFinal: false, used: 0 } });
      expect(await limiter.decide(demand(1, held, usedUp))).toMatchObject({ by: { index: 1, isFinal: true, used: 1_200 } });
    });

    test('settling books what was used and gives the rest of what was held back', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const scope = newScope();
      const meter = await seeded(limiter, monthlyTokens(scope, { limit: 100 }));
      const money = await seeded(limiter, monthlyCost(scope, { limit: 2_000 }));
      const request = demand(90, meter, money);
      expect(await limiter.decide(request)).toEqual(granted(90, 100));
      await limiter.settle(request, usage({ promptTokens: 8, completionTokens: 12, costNanoUsd: 1_500 }));
      // 20 of 100 tokens and 1,500 of 2,000 are used; at 100 for a prompt and 10 a token there is money for 40.
      expect(await limiter.decide(demand(90, meter, money))).toEqual(granted(40, 50));
    });

    test('when a lease runs out, what it held comes back', async () => {
      await using harness = await start();
      const { limiter, pass } = harness;
      const meter = await seeded(limiter, monthlyTokens(newScope(), { limit: 100 }));
      await limiter.decide(demand(90, meter));
      await pass(LEASE_TTL_MS);
      expect(await limiter.decide(demand(90, meter))).toEqual(granted(90, 100));
    });

    test('a lease that held nothing of a sum runs out like any other', async () => {
      await using harness = await start();
      const { limiter, pass } = harness;
      const free = await seeded(limiter, monthlyCost(newScope(), { promptMax: 0, promptMin: 0, perOutputToken: 0 }), 5);
      await limiter.decide(demand(1, free));
      await pass(LEASE_TTL_MS);
      expect(await limiter.decide(demand(1, free))).toEqual(granted(1));
    });

    test('what costs nothing is let through, also where more than all is used or held', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const spent = await seeded(limiter, monthlyCost(newScope(), { limit: 100 }), 101);
      expect(await limiter.decide(demand(10, spent))).toMatchObject({ kind: 'refused', by: { isFinal: true } });
      const free = { ...spent, promptMax: 0, promptMin: 0, perOutputToken: 0 };
      expect(await limiter.decide(demand(10, free))).toEqual(granted(10));
      const held = await seeded(limiter, monthlyCost(newScope(), { limit: 1_000 }));
      await limiter.decide(demand(10, held));
      expect(await limiter.decide(demand(10, { ...free, scope: held.scope, limit: 50 }))).toEqual(granted(10));
    });

    test('a raised quota counts at once', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const meter = await seeded(limiter, monthlyTokens(newScope()), 1_000);
      expect((await limiter.decide(demand(10, meter))).kind).toBe('refused');
      expect(await limiter.decide(demand(10, { ...meter, limit: 1_020 }))).toEqual(granted(10, 20));
    });

    test('200 requests at once on a quota for 10: not one token too many', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const meter = await seeded(limiter, monthlyTokens(newScope(), { limit: 10 * 50 }));
      const offered = Array.from({ length: 200 }, () => demand(40, meter));
      const answers = await Promise.all(offered.map((request) => limiter.decide(request)));
      const totals = answers.map((answer) => (answer.kind === 'granted' ? (answer.totalTokens ?? 0) : 0));
      expect(totals.filter((total) => total > 0)).toHaveLength(10);
      expect(totals.reduce((sum, total) => sum + total, 0)).toBe(500);
    });
  });
}
