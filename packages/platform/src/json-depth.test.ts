import { expect, test } from '@jest/globals';
import { isDeeperThan } from './json-depth.ts';

const nested = (depth: number): unknown => JSON.parse(`${'[{"a":'.repeat(depth / 2)}1${'}]'.repeat(depth / 2)}`);

test('the depth of a value is that of its arrays and objects', () => {
  expect([null, 'a', 5, undefined].some((value) => isDeeperThan(value, 0))).toBe(false);
  expect([isDeeperThan([], 0), isDeeperThan({ a: 1, b: [] }, 1), isDeeperThan({ a: 1, b: [] }, 2)]).toEqual([true, true, false]);
  expect([isDeeperThan(nested(40), 39), isDeeperThan(nested(40), 40)]).toEqual([true, false]);
});

test('a value too deep for any function that calls itself is told, and so is one that is wide', () => {
  expect(isDeeperThan(nested(100_000), 128)).toBe(true);
  expect(
    isDeeperThan(
      Array.from({ length: 200_000 }, () => ({})),
      128,
    ),
  ).toBe(false);
});
