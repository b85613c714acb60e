import { describe, expect, test } from '@jest/globals';
import { median, percentile, summarise } from './percentiles.ts';

describe('percentile', () => {
  test('interpolates between neighbours as numpy does', () => {
    expect(percentile([10, 20, 30, 40], 50)).toBe(25);
    expect(percentile([10, 20, 30, 40], 99)).toBeCloseTo(39.7, 9);
  });

  test('reaches the smallest and the largest value at 0 and 100', () => {
    expect(percentile([1, 2, 3], 0)).toBe(1);
    expect(percentile([1, 2, 3], 100)).toBe(3);
  });

  test('of one value is that value', () => {
    expect(percentile([7], 99)).toBe(7);
  });

  test('of nothing is NaN, so a missing measurement never reads as a fast one', () => {
    expect(percentile([], 50)).toBeNaN();
  });
});

describe('summarise', () => {
  test('sorts by number, not by text, and leaves its input alone', () => {
    const values = [100, 10, 1];
    expect(summarise(values)).toEqual({ count: 3, mean: 37, p50: 10, p90: 82, p99: expect.closeTo(98.2, 9), max: 100 });
    expect(values).toEqual([100, 10, 1]);
  });

  test('of nothing counts 0 and has no numbers', () => {
    expect(summarise([])).toEqual({ count: 0, mean: Number.NaN, p50: Number.NaN, p90: Number.NaN, p99: Number.NaN, max: Number.NaN });
  });
});

test('median of an even number of runs is the mean of the middle two', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
});
