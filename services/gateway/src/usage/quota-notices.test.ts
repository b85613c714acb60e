import { describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { QuotaNotices, type QuotaNotice, type QuotaReading } from './quota-notices.ts';

const READING: Omit<QuotaReading, 'used'> = {
  scope: 'project:proj_1',
  unit: 'tokens',
  period: '2026-11',
  limit: 1_000,
  hasRefused: false,
  expiresAt: new Date('2026-12-08T00:00:00Z'),
};

/** Gateways that share what was told. */
function createGateways(count: number) {
  const told: QuotaNotice[] = [];
  const lines: string[] = [];
  const claimed = new Set<string>();
  const state = { isAway: false, asked: 0 };
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  const gateways = Array.from({ length: count }, () => {
    const options = {
      claim: async (name: string) => {
        state.asked += 1;
        if (state.isAway) throw new Error('away');
        const isFirst = !claimed.has(name);
        claimed.add(name);
        return isFirst;
      },
      tell: async (notice: QuotaNotice) => {
        told.push(notice);
      },
      onNotice: () => {},
      log,
    };
    return new QuotaNotices(options);
  });
  const observe = (used: number, change: Partial<QuotaReading> = {}) =>
    Promise.all(gateways.map((each) => each.observe({ ...READING, used, ...change })));
  return { told, lines, state, observe, percents: () => told.map(({ thresholdPercent }) => thresholdPercent) };
}

describe('notices about quotas', () => {
  test('come once at 80 % and once at 100 %, from all gateways together', async () => {
    const { observe, percents, lines } = createGateways(3);
    for (const used of [0, 799, 800, 801, 999, 1_000, 1_001]) await observe(used);
    expect(percents()).toEqual([80, 100]);
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({
        scope: 'project:proj_1',
        unit: 'tokens',
        period: '2026-11',
        used: 800,
        limit: 1_000,
        thresholdPercent: 80,
      }),
      expect.objectContaining({ used: 1_000, thresholdPercent: 100 }),
    ]);
  });

  test('come for each threshold that one large request passes', async () => {
    const { observe, percents } = createGateways(1);
    await observe(5_000);
    expect(percents()).toEqual([80, 100]);
  });

  test('call a quota used up when its rest was too little for a request, but not when one large request was refused early', async () => {
    const { observe, percents } = createGateways(1);
    await observe(500, { hasRefused: true });
    expect(percents()).toEqual([]);
    await observe(990, { hasRefused: true });
    expect(percents()).toEqual([80, 100]);
  });

  test('come anew in the next period, for the other unit, and for a limit that was raised', async () => {
    const { observe, percents } = createGateways(2);
    await observe(800);
    await observe(800, { period: '2026-12' });
    await observe(800, { unit: 'nanoUsd' });
    await observe(800, { limit: 2_000 });
    await observe(1_600, { limit: 2_000 });
    expect(percents()).toEqual([80, 80, 80, 80]);
  });

  test('ask the others once a threshold, however many requests follow', async () => {
    const { observe, state } = createGateways(1);
    for (let used = 800; used < 900; used++) await observe(used);
    expect(state.asked).toBe(1);
  });

  test('come although nobody knows whether they came already: twice is better than never', async () => {
    const { observe, percents, state } = createGateways(2);
    state.isAway = true;
    await observe(900);
    expect(percents()).toEqual([80, 80]);
  });

  test('never come of a quota of nothing', async () => {
    const { observe, percents } = createGateways(1);
    await observe(0, { limit: 0 });
    expect(percents()).toEqual([]);
  });

  test('fail nothing when they cannot be written down', async () => {
    const lines: string[] = [];
    const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
    const notices = new QuotaNotices({ claim: async () => true, tell: () => Promise.reject(new Error('away')), onNotice: () => {}, log });
    await notices.observe({ ...READING, used: 800 });
    expect(lines).toHaveLength(2);
  });
});
