import { describe, expect, test } from '@jest/globals';
import { toGoDuration, toLimitHeaders } from './limit-headers.ts';

describe('the limit headers', () => {
  test('tell of the limit that has least left', () => {
    const headers = toLimitHeaders([
      { unit: 'requests', limit: 500, remaining: 499, resetMs: 120 },
      { unit: 'requests', limit: 10_000, remaining: 3, resetMs: 86_000_000 },
      { unit: 'tokens', limit: 40_000, remaining: 39_000, resetMs: 1_500 },
    ]);
    expect(headers).toEqual({
      'x-ratelimit-limit-requests': 10_000,
      'x-ratelimit-remaining-requests': 3,
      'x-ratelimit-reset-requests': '23h53m20s',
      'x-ratelimit-limit-tokens': 40_000,
      'x-ratelimit-remaining-tokens': 39_000,
      'x-ratelimit-reset-tokens': '1.5s',
    });
  });

  test('are all six there without any limit', () => {
    expect(Object.values(toLimitHeaders([]))).toEqual([2_147_483_647, 2_147_483_647, 2_147_483_647, 2_147_483_647, '0s', '0s']);
  });

  test.each([
    [0, '0s'],
    [1, '1ms'],
    [120, '120ms'],
    [999, '999ms'],
    [1_000, '1s'],
    [8_640, '8.64s'],
    [60_000, '1m0s'],
    [360_000, '6m0s'],
    [3_600_000, '1h0m0s'],
    [86_399_999, '23h59m59.999s'],
  ])('write %d ms as Go does', (ms, text) => {
    expect(toGoDuration(ms)).toBe(text);
  });
});
