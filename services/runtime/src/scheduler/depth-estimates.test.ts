import { describe, expect, test } from '@jest/globals';
import { DepthEstimates } from './depth-estimates.ts';

describe('estimates by depth', () => {
  test('know nothing before the first measurement', () => {
    expect(new DepthEstimates({ newestWeight: { rising: 0.5, falling: 0.5 } }).at(100)).toBeUndefined();
  });

  test('lie on a straight line between two measurements, and stay at the nearest beyond them', () => {
    const estimates = new DepthEstimates({ newestWeight: { rising: 0.5, falling: 0.5 } });
    estimates.record(200, 2);
    estimates.record(1_200, 4);
    expect([0, 200, 700, 1_200, 9_000].map((depth) => estimates.at(depth))).toEqual([2, 2, 3, 4, 4]);
  });

  test('follow what is measured near them, and leave the others alone', () => {
    const estimates = new DepthEstimates({ newestWeight: { rising: 0.5, falling: 0.5 } });
    estimates.record(0, 2);
    estimates.record(1_000, 4);
    estimates.record(1_020, 8);
    expect(estimates.at(1_010)).toBe(6);
    expect(estimates.at(0)).toBe(2);
  });

  test('rise and fall as fast as they are told', () => {
    const estimates = new DepthEstimates({ newestWeight: { rising: 0.25, falling: 0.5 } });
    for (const value of [4, 8]) estimates.record(10, value);
    expect(estimates.at(10)).toBe(5);
    estimates.record(10, 3);
    expect(estimates.at(10)).toBe(4);
  });
});
