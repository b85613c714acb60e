import { describe, expect, test } from '@jest/globals';
import { createTestClock } from '../test-support/test-clock.ts';
import { WarmPrefixes } from './warm-prefixes.ts';

describe('what a worker holds', () => {
  test('is what it reports, as deep as it goes', () => {
    const warm = new WarmPrefixes(createTestClock());
    warm.report([10, 20]);
    expect(warm.depthOf([10, 20, 30])).toBe(2);
    expect(warm.depthOf([11, 21])).toBe(0);
    warm.report([]);
    expect(warm.depthOf([10, 20, 30])).toBe(0);
  });

  test('is also what was sent to it, until it must have reported that', () => {
    const clock = createTestClock();
    const warm = new WarmPrefixes(clock);
    warm.sent([10, 20]);
    expect(warm.depthOf([10, 20, 30])).toBe(2);
    clock.advance(10_000);
    expect(warm.depthOf([10, 20, 30])).toBe(0);
  });

  test('is remembered within bounds, the oldest forgotten first', () => {
    const warm = new WarmPrefixes(createTestClock());
    warm.sent(Array.from({ length: 5_000 }, (_, i) => i));
    expect(warm.depthOf([0])).toBe(0);
    expect(warm.depthOf([4_999])).toBe(1);
  });
});
