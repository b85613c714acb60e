import { describe, expect, test } from '@jest/globals';
import { createTestClock } from '../test-support/test-clock.ts';
import { RequestRate } from './request-rate.ts';

function start(perMinute: number) {
  const clock = createTestClock();
  const rate = new RequestRate({ what: 'tests', perMinute, clock });
  const isTaken = (name = 'ada') => rate.take(name).fault === undefined;
  return { clock, rate, isTaken };
}

describe('requests of one name', () => {
  test('are let in up to a minute’s worth at once, and then as they come free', () => {
    const { clock, rate, isTaken } = start(120);
    for (let i = 0; i < 120; i++) expect(isTaken()).toBe(true);
    const { fault } = rate.take('ada');
    expect(fault).toMatchObject({ code: 'RATE_LIMIT_EXCEEDED', retryAfterMs: 500 });
    expect(fault?.message).toContain('for tests on requests per min (RPM): Limit 120. Please try again in 500ms.');
    // Asking too early makes nobody wait longer.
    clock.advance(499);
    expect(isTaken()).toBe(false);
    clock.advance(1);
    expect([isTaken(), isTaken()]).toEqual([true, false]);
  });

  test('leave those of another alone', () => {
    const { isTaken } = start(1);
    expect([isTaken('ada'), isTaken('ada'), isTaken('grace')]).toEqual([true, false, true]);
  });

  test.each([1, 7, 60, 600, 100_000])('tell what is left, and when all of it is there again, of %d a minute', (perMinute) => {
    const { clock, rate } = start(perMinute);
    const stateOf = () => rate.take('ada').state;
    expect(stateOf()).toEqual({ unit: 'requests', limit: perMinute, remaining: perMinute - 1, resetMs: Math.ceil(60_000 / perMinute) });
    for (let left = perMinute - 2; left >= 0; left--) expect(stateOf().remaining).toBe(left);
    expect(stateOf()).toMatchObject({ remaining: 0, resetMs: 60_000 });
    clock.advance(60_000);
    expect(stateOf().remaining).toBe(perMinute - 1);
  });
});
