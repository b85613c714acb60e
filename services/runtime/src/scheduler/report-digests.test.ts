import { describe, expect, test } from '@jest/globals';
import { reportDigests } from './report-digests.ts';

/** The digests of one sequence: as many numbers from `first` on. */
function sequence(first: number, length: number): number[] {
  return Array.from({ length }, (_, i) => first + i);
}

describe('the digests that a worker reports', () => {
  test('come in order of use, and each once', () => {
    expect(reportDigests([[1, 2, 3], [1, 4], [], [5]], 100)).toEqual([1, 2, 3, 4, 5]);
  });

  test('have some of every sequence, however long the conversations before it are', () => {
    const lists = Array.from({ length: 64 }, (_, i) => sequence(1_000 * i, 40));
    const digests = reportDigests(lists, 1_024);
    expect(digests).toHaveLength(1_024);
    for (const list of lists) expect(digests.filter((digest) => list.includes(digest))).toHaveLength(16);
  });

  test('of a long conversation are its shortest beginnings and its longest', () => {
    const lists = [sequence(0, 40), ...Array.from({ length: 9 }, (_, i) => [1_000 + i])];
    expect(reportDigests(lists, 100).slice(0, 10)).toEqual([0, 1, 2, 3, 4, 35, 36, 37, 38, 39]);
  });

  test('leave out what was used longest ago rather than most of everything', () => {
    const lists = Array.from({ length: 100 }, (_, i) => sequence(1_000 * i, 20));
    const digests = reportDigests(lists, 80);
    expect(digests).toHaveLength(80);
    expect(digests.slice(0, 8)).toEqual([0, 1, 2, 3, 16, 17, 18, 19]);
    expect(Math.max(...digests)).toBe(9_019);
  });
});
