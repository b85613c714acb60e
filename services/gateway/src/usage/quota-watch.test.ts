import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { pino } from 'pino';
import type { Demand, GuardedLimiter, MeterDemand } from '../limits/limiter.ts';
import type { QuotaReading } from './quota-notices.ts';
import { QuotaWatch } from './quota-watch.ts';

const METER: MeterDemand = {
  scope: 'project:proj_1',
  resource: 'tokens',
  unit: 'tokens',
  period: '2026-11',
  expiresAt: new Date('2026-12-08T00:00:00Z'),
  limit: 100,
  promptMax: 1,
  promptMin: 1,
  perOutputToken: 1,
};
const { scope, unit, period, limit, expiresAt } = METER;
const READING: QuotaReading = { scope, unit, period, limit, expiresAt, used: 90, hasRefused: false };
const SETTLEMENT = { promptTokens: 1, completionTokens: 1, costNanoUsd: 0, refundsRequest: false };

const demandOf = (...meters: readonly MeterDemand[]): Demand => ({
  id: 'req_1',
  epochs: [],
  buckets: [],
  gauges: [],
  meters,
  outputTokens: 1,
  ticket: undefined,
  takes: true,
});

const LIMITER: GuardedLimiter = {
  decide: async () => ({ kind: 'unavailable' }),
  settle: async () => {},
  renew: async () => {},
  leave: async () => {},
  seedMeter: async () => {},
};

function createWatch(used: readonly (number | undefined)[] = [90]) {
  const rounds: (readonly MeterDemand[])[] = [];
  const readings: QuotaReading[] = [];
  const state = { used, isAway: false };
  const watch = new QuotaWatch({
    read: async (meters) => {
      rounds.push(meters);
      if (state.isAway) throw new Error('away');
      return state.used;
    },
    observe: async (reading) => {
      readings.push(reading);
    },
    log: pino({ level: 'silent' }),
  });
  return { watch, limiter: watch.watching(LIMITER), rounds, readings, state };
}

describe('watching quotas', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('looks once at each meter of a project, however many requests were settled', async () => {
    const { limiter, rounds, readings } = createWatch([90, undefined]);
    const other = { ...METER, resource: 'cost', unit: 'nanoUsd' } as const;
    for (let i = 0; i < 10; i++) await limiter.settle(demandOf(METER, other, { ...METER, scope: 'key:key_1' }), SETTLEMENT);
    await jest.advanceTimersByTimeAsync(2_000);
    expect(rounds).toEqual([[METER, other]]);
    expect(readings).toEqual([READING]);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(rounds).toHaveLength(1);
  });

  test('tells of a request that was refused for good, and of no other refusal', async () => {
    const { watch, readings } = createWatch();
    const refuse = (isFinal: boolean) =>
      watch.watching({
        ...LIMITER,
        decide: async () => ({ kind: 'refused', buckets: [], by: { kind: 'meter', index: 0, isFinal, used: 90 }, position: undefined }),
      });
    await refuse(false).decide(demandOf(METER));
    await jest.advanceTimersByTimeAsync(2_000);
    expect(readings).toEqual([]);
    await refuse(true).decide(demandOf(METER));
    await watch.watching(LIMITER).settle(demandOf(METER), SETTLEMENT);
    await jest.advanceTimersByTimeAsync(2_000);
    expect(readings).toEqual([{ ...READING, hasRefused: true }]);
  });

  test('looks again after later requests, also when it could not look before', async () => {
    const { limiter, readings, state } = createWatch();
    state.isAway = true;
    await limiter.settle(demandOf(METER), SETTLEMENT);
    await jest.advanceTimersByTimeAsync(2_000);
    state.isAway = false;
    await limiter.settle(demandOf(METER), SETTLEMENT);
    await jest.advanceTimersByTimeAsync(2_000);
    expect(readings).toHaveLength(1);
  });

  test('looks at nothing any more once it is closed', async () => {
    const { watch, limiter, rounds } = createWatch();
    await limiter.settle(demandOf(METER), SETTLEMENT);
    await watch.close();
    await limiter.settle(demandOf(METER), SETTLEMENT);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(rounds).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
  });
});
