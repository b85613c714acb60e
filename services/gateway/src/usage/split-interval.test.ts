import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { splitInterval, type Interval } from './split-interval.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const interval = (startsAt: string, endsAt: string): Interval => ({ startsAt: new Date(startsAt), endsAt: new Date(endsAt) });

describe('splitInterval', () => {
  test('takes a month of UTC as days alone', () => {
    const month = interval('2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z');
    expect(splitInterval(month)).toEqual({ days: [month], hours: [], rest: [] });
  });

  test('takes hours at the ends of a month of a zone that is whole hours away, across a change of the clocks', () => {
    expect(splitInterval(interval('2026-02-28T23:00:00Z', '2026-03-31T22:00:00Z'))).toEqual({
      days: [interval('2026-03-01T00:00:00Z', '2026-03-31T00:00:00Z')],
      hours: [interval('2026-02-28T23:00:00Z', '2026-03-01T00:00:00Z'), interval('2026-03-31T00:00:00Z', '2026-03-31T22:00:00Z')],
      rest: [],
    });
  });

  test('leaves minutes at the ends of a month of Kathmandu', () => {
    expect(splitInterval(interval('2026-01-31T18:15:00Z', '2026-02-28T18:15:00Z')).rest).toEqual([
      interval('2026-01-31T18:15:00Z', '2026-01-31T19:00:00Z'),
      interval('2026-02-28T18:00:00Z', '2026-02-28T18:15:00Z'),
    ]);
  });

  test('covers every interval once, in whole units wherever it holds some', () => {
    const instant = fc.integer({ min: 0, max: 40 * 24 * 12 }).map((fives) => fives * 300_000 + 7 * DAY_MS);
    fc.assert(
      fc.property(instant, instant, (a, b) => {
        const [start, end] = [Math.min(a, b), Math.max(a, b)];
        const { days, hours, rest } = splitInterval({ startsAt: new Date(start), endsAt: new Date(end) });
        const spans = [...days, ...hours, ...rest].map((each) => [each.startsAt.getTime(), each.endsAt.getTime()] as const);
        spans.sort(([x], [y]) => x - y);
        let at = start;
        for (const [from, to] of spans) {
          expect(from).toBe(at);
          expect(to).toBeGreaterThan(from);
          at = to;
        }
        expect(at).toBe(end);
        const isWhole = (unitMs: number, each: Interval): boolean =>
          each.startsAt.getTime() % unitMs === 0 && each.endsAt.getTime() % unitMs === 0;
        expect(days.every((each) => isWhole(DAY_MS, each))).toBe(true);
        expect(hours.every((each) => isWhole(HOUR_MS, each) && length(each) < DAY_MS * 2)).toBe(true);
        expect(rest.every((each) => length(each) < HOUR_MS * 2)).toBe(true);
        if (end - start >= 2 * DAY_MS) expect(days).toHaveLength(1);
      }),
    );
  });
});

function length({ startsAt, endsAt }: Interval): number {
  return endsAt.getTime() - startsAt.getTime();
}
