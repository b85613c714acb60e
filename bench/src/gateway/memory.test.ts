import { expect, test } from '@jest/globals';
import { summariseMemory } from './memory.ts';

test('forgets the first tenth, in which the heap grows', () => {
  const { windowsMib, deviationPercent } = summariseMemory([
    ...Array.from({ length: 10 }, (_, i) => i),
    ...Array.from({ length: 90 }, () => 200),
  ]);
  expect(windowsMib).toEqual(Array.from({ length: 10 }, () => 200));
  expect(deviationPercent).toBe(0);
});

test('a steady leak shows as what it adds up to', () => {
  // From 100 to 200 MiB: the first and the last window lie about 29% from the middle.
  const { deviationPercent, maxMib } = summariseMemory(Array.from({ length: 1_000 }, (_, i) => 100 + i / 10));
  expect(maxMib).toBeCloseTo(199.9);
  expect(deviationPercent).toBeGreaterThan(25);
});

test('the saw teeth of a garbage collector are no trend', () => {
  const { deviationPercent } = summariseMemory(Array.from({ length: 1_000 }, (_, i) => 150 + (i % 10) * 4));
  expect(deviationPercent).toBeLessThan(1);
});
