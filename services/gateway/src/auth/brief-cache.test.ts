import { expect, test } from '@jest/globals';
import { createTestClock } from '../test-support/test-clock.ts';
import { BriefCache } from './brief-cache.ts';

function setUp() {
  const clock = createTestClock();
  let reads = 0;
  const read = async (): Promise<number> => (reads += 1);
  return { clock, read, cache: new BriefCache<number>({ keepMs: 1_000, clock }) };
}

test('reads once for all who ask within the time, and again after it', async () => {
  const { cache, read, clock } = setUp();
  expect(await Promise.all([cache.get('a', read), cache.get('a', read)])).toEqual([1, 1]);
  clock.advance(999);
  expect(await cache.get('a', read)).toBe(1);
  clock.advance(1);
  expect(await cache.get('a', read)).toBe(2);
});

test('keeps each name apart', async () => {
  const { cache, read } = setUp();
  expect([await cache.get('a', read), await cache.get('b', read)]).toEqual([1, 2]);
});

test('reads again after a failure, and after being cleared', async () => {
  const { cache, read } = setUp();
  await expect(cache.get('a', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
  expect(await cache.get('a', read)).toBe(1);
  cache.clear();
  expect(await cache.get('a', read)).toBe(2);
});
