import { describe, expect, test } from '@jest/globals';
import { NgramIndex } from './ngram-index.ts';

function indexOf(tokens: readonly number[]): NgramIndex {
  const index = new NgramIndex();
  for (const token of tokens) index.push(token);
  return index;
}

describe('a guess from what was said before', () => {
  test('is what followed the same tokens', () => {
    expect(indexOf([1, 2, 3, 4, 5, 6, 7, 1, 2]).propose(3)).toEqual([3, 4, 5]);
  });

  test('follows the longer match, and of equally long ones the latest', () => {
    expect(indexOf([1, 2, 3, 4, 50, 9, 3, 4, 60, 1, 2, 3, 4]).propose(1)).toEqual([50]);
    expect(indexOf([3, 4, 50, 9, 3, 4, 60, 8, 3, 4]).propose(1)).toEqual([60]);
  });

  test('goes no further than what there is, and is empty where there is nothing', () => {
    expect(indexOf([1, 2, 3, 1, 2]).propose(9)).toEqual([3, 1, 2]);
    expect(indexOf([1, 2, 3, 4]).propose(4)).toEqual([]);
    expect(indexOf([]).propose(4)).toEqual([]);
    expect(indexOf([1]).propose(4)).toEqual([]);
  });
});
