import { describe, expect, test } from '@jest/globals';
import { DepthEstimates } from './depth-estimates.ts';

describe('estimates by depth', () => {
  test('know nothing before the first measurement', () => {
    expect(new DepthEstimates({ newestWeight: 0.5 }).at(100)).toBeUndefined();
  });

  test('lie on a straight line between two measurements, and stay at the nearest beyond them', () => {
    const estimates = new DepthEstimates({ newestWeight: 0.5 });
    estimates.record(200, 2);
    estimates.record(1_200, 4);
    expect([0, 200, 700, 1_200, 9_000].map((depth) => estimates.at(depth))).toEqual([2, 2, 3, 4, 4]);
  });

  test('follow what is measured near them, and leave the others alone', () => {
    const estimates = new DepthEstimates({ newestWeight: 0.5 });
    estimates.record(0, 2);
    estimates.record(1_000, 4);
    estimates.record(1_020, 8);
    expect(estimates.at(1_010)).toBe(6);
    expect(estimates.at(0)).toBe(2);
  });
});
