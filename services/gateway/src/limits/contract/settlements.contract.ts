import { describe, expect, test } from '@jest/globals';
import { demandOf, monthlyCost, monthlyTokens, newScope, place, requests, tokens, usage } from '../../test-support/demands.ts';
import type { BucketDemand, Demand, Limiter, MeterDemand } from '../limiter.ts';
import { LEASE_TTL_MS, type StartLimiter } from './limiter-harness.ts';

export function describeSettlements(start: StartLimiter): void {
  describe('settling', () => {
    const remaining = async (limiter: Limiter, bucket: BucketDemand): Promise<number | undefined> => {
      const answer = await limiter.decide(demandOf({ buckets: [bucket], takes: false }));
      return answer.kind === 'granted' ? answer.buckets[0]?.remaining : undefined;
    };
    /** What is used of a sum and not merely held: asks for more than there can be. */
    const used = async (limiter: Limiter, meter: MeterDemand): Promise<number | undefined> => {
      const answer = await limiter.decide(demandOf({ meters: [{ ...meter, limit: 0, promptMax: 1, promptMin: 1 }] }));
      return answer.kind === 'refused' && answer.by.kind === 'meter' ? answer.by.used : undefined;
    };
    /** One request a day, a hundred tokens a day, a place, a month's tokens and money. */
    const everything = async (limiter: Limiter) => {
      const scope = newScope();
      const day = { periodMs: 86_400_000 };
      const parts = {
        rpd: requests(scope, day),
        tpd: tokens(scope, day),
        meter: monthlyTokens(scope),
        money: monthlyCost(scope),
        concurrency: place(scope, { limit: 1 }),
      };
      await limiter.seedMeter(parts.meter, 0);
      await limiter.seedMeter(parts.money, 0);
      const { rpd, tpd, meter, money, concurrency } = parts;
      const demand = demandOf({ buckets: [rpd, tpd], gauges: [concurrency], meters: [meter, money], outputTokens: 90 });
      return { ...parts, scope, demand };
    };
    const books = async (limiter: Limiter, { rpd, tpd, meter, money }: Awaited<ReturnType<typeof everything>>) => [
      await remaining(limiter, rpd),
      await remaining(limiter, tpd),
      await used(limiter, meter),
      await used(limiter, money),
    ];
    const spent = usage({ promptTokens: 10, completionTokens: 20, costNanoUsd: 400 });

    test('gives back what was not used: tokens of the bucket, the place, the rest of each sum', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const all = await everything(limiter);
      await limiter.decide(all.demand);
      expect(await books(limiter, all)).toEqual([9, 900, 0, 0]);
      await limiter.settle(all.demand, spent);
      expect(await books(limiter, all)).toEqual([9, 970, 30, 400]);
      expect((await limiter.decide({ ...all.demand, id: 'another' })).kind).toBe('granted');
    });

    test('books more than was reserved, when more was used', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const all = await everything(limiter);
      await limiter.decide(all.demand);
      await limiter.settle(all.demand, usage({ promptTokens: 500, completionTokens: 700, costNanoUsd: 90_000 }));
      expect(await books(limiter, all)).toEqual([9, 0, 1_200, 90_000]);
    });

    test('gives the request itself back when it failed through no fault of its sender’s', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const all = await everything(limiter);
      await limiter.decide(all.demand);
      await limiter.settle(all.demand, usage({ refundsRequest: true }));
      expect(await books(limiter, all)).toEqual([10, 1_000, 0, 0]);
    });

    test('counts once, however often it is told and whatever the second time says', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const all = await everything(limiter);
      await limiter.decide(all.demand);
      await limiter.settle(all.demand, spent);
      const other = { ...all.demand, id: 'another' };
      await limiter.decide(other);
      await Promise.all([limiter.settle(all.demand, spent), limiter.settle(all.demand, usage({ refundsRequest: true }))]);
      expect(await books(limiter, all)).toEqual([8, 870, 30, 400]);
      expect((await limiter.decide({ ...all.demand, id: 'third' })).kind).toBe('refused');
    });

    test('after the lease ran out, what was used is booked all the same, and once', async () => {
      await using harness = await start();
      const { limiter, pass } = harness;
      const all = await everything(limiter);
      await limiter.decide(all.demand);
      await pass(LEASE_TTL_MS);
      await limiter.settle(all.demand, spent);
      await limiter.settle(all.demand, spent);
      expect(await books(limiter, all)).toEqual([9, 970, 30, 400]);
    });

    test('after the lease ran out, it takes nothing away from who has the place now', async () => {
      await using harness = await start();
      const { limiter, pass } = harness;
      const all = await everything(limiter);
      await limiter.decide(all.demand);
      await pass(LEASE_TTL_MS);
      const next = { ...all.demand, id: 'next' };
      expect((await limiter.decide(next)).kind).toBe('granted');
      await limiter.settle(all.demand, spent);
      expect((await limiter.decide({ ...all.demand, id: 'third' })).kind).toBe('refused');
    });

    test('what was granted elsewhere, while this limiter was away, is booked as a whole, and once', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const all = await everything(limiter);
      await limiter.settle(all.demand, spent);
      await limiter.settle(all.demand, spent);
      expect(await books(limiter, all)).toEqual([9, 970, 30, 400]);
      await limiter.settle({ ...all.demand, id: 'another' }, { ...spent, refundsRequest: true });
      expect(await books(limiter, all)).toEqual([9, 940, 60, 800]);
    });

    test('who waited in a line and was granted elsewhere leaves the line, and is booked as a whole', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const all = await everything(limiter);
      await limiter.decide(all.demand);
      const waiting = { ...all.demand, id: 'waiting', ticket: { rank: 1, depthMax: 5 } };
      expect(await limiter.decide(waiting)).toMatchObject({ position: 0 });
      await limiter.settle(waiting, spent);
      expect(await books(limiter, all)).toEqual([8, 870, 30, 400]);
      expect(await limiter.decide({ ...waiting, id: 'next', ticket: { rank: 2, depthMax: 5 } })).toMatchObject({ position: 0 });
    });

    test('books nothing where only looks were cast', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const all = await everything(limiter);
      await limiter.settle({ ...all.demand, takes: false }, spent);
      const look: Demand = demandOf({
        buckets: [
          { ...all.rpd, cost: 0 },
          { ...all.tpd, cost: 0 },
        ],
        gauges: [{ ...all.concurrency, cost: 0 }],
      });
      await limiter.decide(look);
      await limiter.settle(look, spent);
      expect(await books(limiter, all)).toEqual([10, 1_000, 0, 0]);
    });

    test('a sum that is not known is left to be asked for', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const meter = monthlyTokens(newScope());
      await limiter.settle(demandOf({ meters: [meter] }), spent);
      expect(await limiter.decide(demandOf({ meters: [meter] }))).toEqual({ kind: 'unseeded', index: 0 });
    });

    test('a bucket that has refilled meanwhile is not filled beyond its limit', async () => {
      await using harness = await start();
      const { limiter, jump } = harness;
      const bucket = tokens(newScope());
      const demand = demandOf({ buckets: [bucket] });
      await limiter.decide(demand);
      jump(60_000);
      await limiter.settle(demand, usage());
      expect(await remaining(limiter, bucket)).toBe(1_000);
      expect((await limiter.decide(demandOf({ buckets: [{ ...bucket, cost: 1_000 }] }))).kind).toBe('granted');
      expect(await remaining(limiter, bucket)).toBe(0);
    });

    test('more than was reserved is booked as of now, not as of the time of the grant', async () => {
      await using harness = await start();
      const { limiter, jump } = harness;
      const bucket = tokens(newScope());
      const demand = demandOf({ buckets: [bucket] });
      await limiter.decide(demand);
      jump(60_000);
      await limiter.settle(demand, usage({ completionTokens: 400 }));
      expect(await remaining(limiter, bucket)).toBe(700);
    });
  });
}
