import { expect, test } from '@jest/globals';
import { SeededRandom } from './random.ts';

const take = (seed: number, count: number): number[] => {
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, () => random.next());
};

test('a seed gives the same numbers again, neighbouring seeds others', () => {
  expect(take(5, 10)).toEqual(take(5, 10));
  const firsts = Array.from({ length: 1_000 }, (_, seed) => take(seed, 1)[0]);
  expect(new Set(firsts).size).toBe(1_000);
});

test('numbers are spread evenly, each independent of the one before', () => {
  const numbers = take(1, 40_000);
  const cells = Array.from({ length: 100 }, () => 0);
  for (let i = 0; i + 1 < numbers.length; i += 2) {
    const cell = Math.floor((numbers[i] ?? 0) * 10) * 10 + Math.floor((numbers[i + 1] ?? 0) * 10);
    cells[cell] = (cells[cell] ?? 0) + 1;
  }
  const expected = 200;
  const chiSquared = cells.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  // 99 degrees of freedom: above 149 once in a thousand.
  expect(chiSquared).toBeLessThan(149);
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...numbers)).toBeLessThan(1);
});
