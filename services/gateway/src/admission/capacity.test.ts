import { describe, expect, test } from '@jest/globals';
import { toLimit, toPressure } from './capacity.ts';

describe('the capacity of a tier', () => {
  test('is not limited while nobody queues', () => {
    expect(toPressure({ slots: 8, queued: 0 }, 0)).toBe(0);
    expect(toLimit({ slots: 8, queued: 0 }, 0, 25)).toBe(1_000_000_000);
  });

  test('falls with the queue to the share of the tier, and no further', () => {
    const limits = [1, 4, 8, 80].map((queued) => toLimit({ slots: 8, queued }, toPressure({ slots: 8, queued }, 0), 25));
    expect(limits).toEqual([14, 10, 4, 4]);
    expect(toLimit({ slots: 8, queued: 80 }, 1, 100)).toBe(16);
  });

  test('falls with the delay of this process', () => {
    expect(toPressure({ slots: 8, queued: 0 }, 50)).toBe(0);
    expect(toPressure({ slots: 8, queued: 0 }, 125)).toBe(0.5);
    expect(toPressure({ slots: 8, queued: 0 }, 10_000)).toBe(1);
  });

  test('leaves every tier one request', () => {
    expect(toLimit({ slots: 1, queued: 9 }, 1, 0)).toBe(1);
  });

  test('is not limited while no worker has told of its slots', () => {
    expect(toLimit({ slots: 0, queued: 0 }, 1, 25)).toBe(1_000_000_000);
  });
});
