import { describe, expect, test } from '@jest/globals';
import { demandOf, monthlyTokens, newScope, place, requests, tokens } from '../../test-support/demands.ts';
import { ROOM, type Demand, type Limiter } from '../limiter.ts';
import type { StartLimiter } from './limiter-harness.ts';

/** Whether a grant tells that nobody has to wait for what it gives back. */
export function describeRoom(start: StartLimiter): void {
  describe('room', () => {
    const isRoomy = async (limiter: Limiter, change: Partial<Demand>): Promise<boolean | undefined> => {
      const answer = await limiter.decide(demandOf(change));
      return answer.kind === 'granted' ? answer.isRoomy : undefined;
    };

    test('is there while so many more would be granted, and not with one place less', async () => {
      await using harness = await start();
      const { limiter } = harness;
      expect(await isRoomy(limiter, { gauges: [place(newScope(), { limit: ROOM + 1 })] })).toBe(true);
      expect(await isRoomy(limiter, { gauges: [place(newScope(), { limit: ROOM })] })).toBe(false);
      expect(await isRoomy(limiter, { buckets: [tokens(newScope(), { limit: (ROOM + 1) * 100 })] })).toBe(true);
      expect(await isRoomy(limiter, { buckets: [tokens(newScope(), { limit: (ROOM + 1) * 100 - 1 })] })).toBe(false);
      const meter = (limit: number) => monthlyTokens(newScope(), { limit });
      for (const [limit, expected] of [
        [(ROOM + 1) * 15, true],
        [(ROOM + 1) * 15 - 1, false],
      ] as const) {
        const seeded = meter(limit);
        await limiter.seedMeter(seeded, 0);
        expect(await isRoomy(limiter, { meters: [seeded], outputTokens: 5 })).toBe(expected);
      }
    });

    test('is counted after everything that runs', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const gauges = [place(newScope(), { limit: ROOM + 2 })];
      expect([await isRoomy(limiter, { gauges }), await isRoomy(limiter, { gauges }), await isRoomy(limiter, { gauges })]).toEqual([
        true,
        true,
        false,
      ]);
    });

    test('is not asked of limits on requests, which a request gives back to none', async () => {
      await using harness = await start();
      expect(await isRoomy(harness.limiter, { buckets: [requests(newScope(), { limit: 1 })] })).toBe(true);
    });

    test('is not there where somebody waits', async () => {
      await using harness = await start();
      const { limiter } = harness;
      const scope = newScope();
      const wide = tokens(scope, { limit: 100_000 });
      await limiter.decide(demandOf({ gauges: [place(scope, { limit: 0 })], ticket: { rank: harness.nowMs() + 1_000, depthMax: 5 } }));
      expect(await isRoomy(limiter, { buckets: [wide], ticket: { rank: 1, depthMax: 5 } })).toBe(false);
      expect(await isRoomy(limiter, { buckets: [{ ...wide, scope: newScope() }] })).toBe(true);
    });
  });
}
