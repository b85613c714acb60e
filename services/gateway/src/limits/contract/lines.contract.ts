import { describe, expect, test } from '@jest/globals';
import { until } from '@sluice/testing/until';
import { demandOf, monthlyTokens, newScope, place, requests, usage } from '../../test-support/demands.ts';
import type { Decision, Demand } from '../limiter.ts';
import { LEASE_TTL_MS, type LimiterHarness, type StartLimiter } from './limiter-harness.ts';

export function describeLines(start: StartLimiter): void {
  describe('waiting lines', () => {
    /** One place, and who would rather wait for it. */
    const enter = (scope: string, rank?: number, depthMax = 10): Demand =>
      demandOf({ gauges: [place(scope, { limit: 1 })], ticket: rank === undefined ? undefined : { rank, depthMax } });
    const positionOf = (answer: Decision): number | undefined => (answer.kind === 'refused' ? answer.position : undefined);
    /** A scope whose only place is taken, and by whom. */
    const full = async ({ limiter }: LimiterHarness): Promise<{ scope: string; holder: Demand }> => {
      const scope = newScope();
      const holder = enter(scope);
      expect((await limiter.decide(holder)).kind).toBe('granted');
      return { scope, holder };
    };
    const woken = (harness: LimiterHarness, scope: string, times = 1): Promise<boolean> =>
      until(() => harness.wakes().filter((name) => name === scope).length >= times);

    test('whoever has a ticket gets a place in the line, and learns how many go first', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const { scope } = await full(harness);
      expect(await limiter.decide(enter(scope, 10))).toMatchObject({ kind: 'refused', by: { kind: 'gauge' }, position: 0 });
      expect(await limiter.decide(enter(scope, 30))).toMatchObject({ kind: 'refused', by: { kind: 'line', scope }, position: 1 });
      expect(positionOf(await limiter.decide(enter(scope, 20)))).toBe(1);
      expect(positionOf(await limiter.decide(enter(scope, 40)))).toBe(3);
    });

    test('without a ticket, or where the line is full, there is no place', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const { scope } = await full(harness);
      expect(positionOf(await limiter.decide(enter(scope)))).toBeUndefined();
      await limiter.decide(enter(scope, 1, 2));
      await limiter.decide(enter(scope, 2, 2));
      expect(positionOf(await limiter.decide(enter(scope, 0, 2)))).toBeUndefined();
      expect(positionOf(await limiter.decide(enter(scope, 3, 3)))).toBe(2);
    });

    test('asking again keeps the place, even when the line is full', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const { scope } = await full(harness);
      const waiting = [enter(scope, 1, 2), enter(scope, 2, 2)];
      for (let i = 0; i < 3; i++) {
        const answers = await Promise.all(waiting.map((demand) => limiter.decide(demand)));
        expect(answers.map(positionOf)).toEqual([0, 1]);
      }
    });

    test('nobody overtakes: neither a newcomer with a ticket nor one without', async () => {
      await using harness = await start();
      const { limiter, nowMs } = harness;
      const { scope, holder } = await full(harness);
      const first = enter(scope, nowMs() - 1);
      await limiter.decide(first);
      await limiter.settle(holder, usage());
      expect(await limiter.decide(enter(scope))).toMatchObject({ by: { kind: 'line', scope } });
      expect(await limiter.decide(enter(scope, nowMs()))).toMatchObject({ by: { kind: 'line', scope }, position: 1 });
      expect((await limiter.decide(first)).kind).toBe('granted');
    });

    test('whoever has the smaller rank goes first, however late it came', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const { scope, holder } = await full(harness);
      const [late, early] = [enter(scope, 5), enter(scope, 9)];
      await limiter.decide(early);
      await limiter.decide(late);
      await limiter.settle(holder, usage());
      expect(await limiter.decide(early)).toMatchObject({ by: { kind: 'line', scope }, position: 1 });
      expect((await limiter.decide(late)).kind).toBe('granted');
      expect(await limiter.decide(early)).toMatchObject({ by: { kind: 'gauge' }, position: 0 });
    });

    test('a line holds up only those who take something of its scope', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const { scope } = await full(harness);
      await limiter.decide(enter(scope, 1));
      const other = newScope();
      const passing = demandOf({ buckets: [requests(scope, { cost: 0 }), requests(other)], gauges: [place(scope, { limit: 1, cost: 0 })] });
      expect((await limiter.decide(passing)).kind).toBe('granted');
      expect((await limiter.decide(demandOf({ buckets: [requests(scope)], takes: false }))).kind).toBe('granted');
    });

    test('one can wait for a bucket and for a quota that others hold, but not for what never comes', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const ticket = { rank: 1, depthMax: 10 };
      const bucket = requests(newScope(), { limit: 1 });
      await limiter.decide(demandOf({ buckets: [bucket] }));
      expect(positionOf(await limiter.decide(demandOf({ buckets: [bucket], ticket })))).toBe(0);
      expect(positionOf(await limiter.decide(demandOf({ buckets: [{ ...bucket, cost: 2 }], ticket })))).toBeUndefined();
      const meter = monthlyTokens(newScope(), { limit: 20 });
      await limiter.seedMeter(meter, 0);
      await limiter.decide(demandOf({ meters: [meter], outputTokens: 10 }));
      expect(positionOf(await limiter.decide(demandOf({ meters: [meter], outputTokens: 10, ticket })))).toBe(0);
      expect(positionOf(await limiter.decide(demandOf({ meters: [{ ...meter, limit: 5 }], ticket })))).toBeUndefined();
    });

    test('being granted, leaving and settling each free the place in line', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const { scope, holder } = await full(harness);
      const [granted, leaving, settled, last] = [enter(scope, 1), enter(scope, 2), enter(scope, 3), enter(scope, 4)];
      for (const demand of [granted, leaving, settled, last]) await limiter.decide(demand);
      await limiter.settle(holder, usage());
      expect((await limiter.decide(granted)).kind).toBe('granted');
      expect(positionOf(await limiter.decide(last))).toBe(2);
      await limiter.leave(leaving);
      expect(positionOf(await limiter.decide(last))).toBe(1);
      await limiter.settle(settled, usage());
      expect(positionOf(await limiter.decide(last))).toBe(0);
    });

    test('leaving gives no grant back', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const { scope, holder } = await full(harness);
      await limiter.leave(holder);
      await limiter.leave(enter(scope, 1));
      expect((await limiter.decide(enter(scope))).kind).toBe('refused');
    });

    test('a waiter that dies is gone when its lease runs out, and one that renews keeps its place', async () => {
      await using harness = await start();
      const { limiter, jump } = harness;
      const { scope, holder } = await full(harness);
      const [dead, alive] = [enter(scope, 1), enter(scope, 2)];
      await limiter.decide(dead);
      await limiter.decide(alive);
      for (let ms = 0; ms < LEASE_TTL_MS; ms += 4_000) {
        expect(positionOf(await limiter.decide(alive))).toBe(1);
        jump(4_000);
        await limiter.renew([holder.id, alive.id]);
      }
      expect(positionOf(await limiter.decide(alive))).toBe(0);
    });

    test('whoever waits in another scope’s line now has left the former', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const { scope, holder } = await full(harness);
      const other = await full(harness);
      const ticket = { rank: 1, depthMax: 10 };
      const both = demandOf({ gauges: [place(scope, { limit: 1 }), place(other.scope, { limit: 1 })], ticket });
      await limiter.decide(both);
      expect(positionOf(await limiter.decide(enter(scope, 2)))).toBe(1);
      await limiter.settle(holder, usage());
      expect(await limiter.decide(both)).toMatchObject({ by: { kind: 'gauge', index: 1 }, position: 0 });
      expect((await limiter.decide(enter(scope, 3))).kind).toBe('refused');
      expect(positionOf(await limiter.decide(enter(other.scope, 3)))).toBe(1);
    });

    test('who cannot get a place in another line has left the former all the same', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const { scope, holder } = await full(harness);
      const other = await full(harness);
      await limiter.decide(enter(other.scope, 1, 1));
      const both = demandOf({ gauges: [place(scope, { limit: 1 }), place(other.scope, { limit: 1 })], ticket: { rank: 5, depthMax: 1 } });
      await limiter.decide(both);
      await limiter.settle(holder, usage());
      expect(await limiter.decide(both)).toMatchObject({ by: { kind: 'line', scope: other.scope }, position: undefined });
      expect((await limiter.decide(enter(scope, 9))).kind).toBe('granted');
    });

    test('waiters are woken when a place comes back: by settling, and by a lease that ran out', async () => {
      await using harness = await start();
      const { limiter, jump } = harness;
      const first = await full(harness);
      await limiter.decide(enter(first.scope, 1));
      await limiter.settle(first.holder, usage());
      await woken(harness, first.scope);
      const second = await full(harness);
      const waiting = enter(second.scope, 1);
      await limiter.decide(waiting);
      for (let ms = 0; ms < LEASE_TTL_MS; ms += 4_000) {
        jump(4_000);
        await limiter.renew([waiting.id]);
      }
      await woken(harness, second.scope);
      expect((await limiter.decide(waiting)).kind).toBe('granted');
    });

    test('the next one is woken when one before it is granted, leaves or dies', async () => {
      await using harness = await start();
      const { limiter, jump } = harness;
      const { scope, holder } = await full(harness);
      const [granted, leaving, dead, next] = [enter(scope, 1), enter(scope, 2), enter(scope, 3), enter(scope, 4)];
      for (const demand of [granted, leaving, dead, next]) await limiter.decide(demand);
      await limiter.settle(holder, usage());
      await woken(harness, scope, 1);
      await limiter.decide(granted);
      await woken(harness, scope, 2);
      await limiter.leave(leaving);
      await woken(harness, scope, 3);
      for (let ms = 0; ms < LEASE_TTL_MS; ms += 4_000) {
        jump(4_000);
        await limiter.renew([granted.id, next.id]);
      }
      await woken(harness, scope, 4);
    });

    test('nobody is woken where nobody waits', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const quiet = await full(harness);
      await limiter.settle(quiet.holder, usage());
      const { scope, holder } = await full(harness);
      await limiter.decide(enter(scope, 1));
      await limiter.settle(holder, usage());
      await woken(harness, scope);
      expect(harness.wakes()).not.toContain(quiet.scope);
    });

    test('everybody gets in, in order, though all of them ask all the time', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const { scope, holder } = await full(harness);
      const waiting = Array.from({ length: 8 }, (_, i) => enter(scope, i));
      for (const demand of waiting.toReversed()) await limiter.decide(demand);
      const order: string[] = [];
      let inside = holder;
      for (let left = waiting; left.length > 0; left = left.filter(({ id }) => id !== inside.id)) {
        await limiter.settle(inside, usage());
        const answers = await Promise.all(left.map((demand) => limiter.decide(demand)));
        const granted = left.filter((_, i) => answers[i]?.kind === 'granted');
        expect(granted).toHaveLength(1);
        inside = granted[0] ?? holder;
        order.push(inside.id);
      }
      expect(order).toEqual(waiting.map(({ id }) => id));
    });
  });
}
