import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createMeterSeedStore } from './meter-seed-store.ts';
import type { ScopeUsage } from './scope-usage-store.ts';

const QUESTION = {
  scopeKind: 'project',
  scopeId: 'proj_1',
  startsAt: new Date('2026-11-01T00:00:00Z'),
  endsAt: new Date('2026-12-01T00:00:00Z'),
} as const;

describe('what a meter had reached', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('is told in the unit of the meter', async () => {
    const asked: unknown[] = [];
    const seeds = createMeterSeedStore({
      used: async (...question) => {
        asked.push(question);
        return { tokens: 12n, nanoUsd: 3_400n };
      },
    });
    expect(await seeds.usedInPeriod({ ...QUESTION, unit: 'tokens' })).toBe(12);
    expect(await seeds.usedInPeriod({ ...QUESTION, unit: 'nanoUsd' })).toBe(3_400);
    expect(asked[0]).toEqual([
      { kind: 'project', id: 'proj_1' },
      { startsAt: QUESTION.startsAt, endsAt: QUESTION.endsAt },
    ]);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('is asked no longer than the deadline', async () => {
    const seeds = createMeterSeedStore({ used: () => new Promise<ScopeUsage>(() => {}) });
    const failure = seeds.usedInPeriod({ ...QUESTION, unit: 'tokens' }).then(
      () => undefined,
      (error: unknown) => error,
    );
    await jest.advanceTimersByTimeAsync(2_000);
    expect(await failure).toMatchObject({ message: 'the usage of project proj_1 was not known after 2000 ms' });
  });
});
