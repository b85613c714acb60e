import { describe, expect, test } from '@jest/globals';
import { demandOf, newScope, place, requests, usage } from '../../test-support/demands.ts';
import type { Demand } from '../limiter.ts';
import { LEASE_TTL_MS, type StartLimiter } from './limiter-harness.ts';

export function describeGauges(start: StartLimiter): void {
  describe('places for requests at a time', () => {
    const enter = (scope: string, limit = 2): Demand => demandOf({ gauges: [place(scope, { limit })] });

    test('are taken until the request is settled', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const scope = newScope();
      const first = enter(scope);
      expect((await limiter.decide(first)).kind).toBe('granted');
      expect((await limiter.decide(enter(scope))).kind).toBe('granted');
      expect(await limiter.decide(enter(scope))).toMatchObject({ kind: 'refused', by: { kind: 'gauge', index: 0 }, position: undefined });
      await limiter.settle(first, usage());
      expect((await limiter.decide(enter(scope))).kind).toBe('granted');
      expect((await limiter.decide(enter(scope))).kind).toBe('refused');
    });

    test('one that costs nothing is not taken', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const scope = newScope();
      const looks = Array.from({ length: 5 }, () => limiter.decide(demandOf({ gauges: [place(scope, { limit: 1, cost: 0 })] })));
      expect((await Promise.all(looks)).map(({ kind }) => kind)).toEqual(Array.from({ length: 5 }, () => 'granted'));
      expect((await limiter.decide(enter(scope, 1))).kind).toBe('granted');
    });

    test('come back when the lease was not renewed for 12 seconds: a gateway that dies leaks nothing', async () => {
      await using harness = await start();
      const { limiter, pass } = harness;
      const scope = newScope();
      const taken = Array.from({ length: 10 }, () => enter(scope, 10));
      for (const demand of taken) expect((await limiter.decide(demand)).kind).toBe('granted');
      await pass(LEASE_TTL_MS - 1);
      expect((await limiter.decide(enter(scope, 10))).kind).toBe('refused');
      await pass(1);
      for (let i = 0; i < 10; i++) expect((await limiter.decide(enter(scope, 10))).kind).toBe('granted');
      expect((await limiter.decide(enter(scope, 10))).kind).toBe('refused');
    });

    test('stay taken as long as the lease is renewed', async () => {
      await using harness = await start();
      const { limiter, jump } = harness;
      const scope = newScope();
      const long = enter(scope, 1);
      await limiter.decide(long);
      for (let i = 0; i < 20; i++) {
        jump(4_000);
        await limiter.renew([long.id, 'unknown']);
        expect((await limiter.decide(enter(scope, 1))).kind).toBe('refused');
      }
      await limiter.settle(long, usage());
      expect((await limiter.decide(enter(scope, 1))).kind).toBe('granted');
    });

    test('time in which nobody could renew does not count: the holders of leases get to renew them first', async () => {
      await using harness = await start();
      const { limiter, jump } = harness;
      const scope = newScope();
      const long = enter(scope, 1);
      await limiter.decide(long);
      // As when Redis is stopped for an hour.
      jump(3_600_000);
      expect((await limiter.decide(enter(scope, 1))).kind).toBe('refused');
      await limiter.renew([long.id]);
      expect((await limiter.decide(enter(scope, 1))).kind).toBe('refused');
    });

    test('a clock that goes back keeps no dead lease alive', async () => {
      await using harness = await start();
      const { limiter, jump, pass } = harness;
      const scope = newScope();
      await limiter.decide(enter(scope, 1));
      jump(-3_600_000);
      expect((await limiter.decide(enter(scope, 1))).kind).toBe('refused');
      await pass(LEASE_TTL_MS);
      expect((await limiter.decide(enter(scope, 1))).kind).toBe('granted');
    });

    test('when a lease runs out, what was spent on requests stays spent', async () => {
      await using harness = await start();
      const { limiter, pass } = harness;
      const scope = newScope();
      const day = requests(scope, { limit: 2, periodMs: 86_400_000 });
      const demand = { ...enter(scope), buckets: [day] };
      await limiter.decide(demand);
      await pass(LEASE_TTL_MS);
      expect(await limiter.decide({ ...enter(scope), buckets: [{ ...day, cost: 0 }] })).toMatchObject({ buckets: [{ remaining: 1 }] });
    });

    test('a limit below what is taken lets nobody in until enough have left', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const scope = newScope();
      const taken = [enter(scope, 3), enter(scope, 3), enter(scope, 3)];
      for (const demand of taken) await limiter.decide(demand);
      const [first, second, third] = taken;
      for (const left of [first, second]) {
        expect((await limiter.decide(enter(scope, 1))).kind).toBe('refused');
        if (left) await limiter.settle(left, usage());
      }
      expect((await limiter.decide(enter(scope, 1))).kind).toBe('refused');
      if (third) await limiter.settle(third, usage());
      expect((await limiter.decide(enter(scope, 1))).kind).toBe('granted');
    });

    test('a request that is decided on twice holds one place', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const scope = newScope();
      const twice = enter(scope);
      await limiter.decide(twice);
      expect((await limiter.decide(twice)).kind).toBe('granted');
      expect((await limiter.decide(enter(scope))).kind).toBe('granted');
      await limiter.settle(twice, usage());
      expect((await limiter.decide(enter(scope))).kind).toBe('granted');
      expect((await limiter.decide(enter(scope))).kind).toBe('refused');
    });

    test('five times the limit offered at once: exactly the limit is let in', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const scope = newScope();
      const answers = await Promise.all(Array.from({ length: 50 }, () => limiter.decide(enter(scope, 10))));
      expect(answers.filter(({ kind }) => kind === 'granted')).toHaveLength(10);
    });
  });
}
