import { expect, test } from '@jest/globals';
import { formatBucket, formatBytes, formatExpiry, formatList, formatMs, formatTime, formatUsd } from './format.ts';

const atS = Date.UTC(2026, 4, 31, 23, 59, 59) / 1_000;

test('shows times in UTC, and says so', () => {
  expect([formatTime(atS), formatTime(null), formatTime(undefined), formatTime(0)]).toEqual([
    '2026-05-31 23:59Z',
    '–',
    '–',
    '1970-01-01 00:00Z',
  ]);
});

test('says of what has ended that it has', () => {
  expect([formatExpiry(null), formatExpiry(atS, atS - 1), formatExpiry(atS, atS)]).toEqual(['never', '2026-05-31 23:59Z', 'expired']);
});

test('names a bucket as finely as it is wide', () => {
  const startS = Date.UTC(2026, 4, 31) / 1_000;
  expect(formatBucket({ startS, endS: startS + 86_400 })).toBe('2026-05-31');
  expect(formatBucket({ startS, endS: startS + 3_600 })).toBe('2026-05-31 00:00Z');
});

test.each([
  [0, '$0'],
  [1234.5, '$1,234.50'],
  [1, '$1.00'],
  [0.15, '$0.15'],
  [0.6, '$0.60'],
  [0.0000155, '$0.000016'],
  [0.000_15, '$0.00015'],
  [0.000_000_4, '<$0.000001'],
])('shows as much of an amount as there is, and never nothing of something: %d', (amount, expected) => {
  expect(formatUsd(amount)).toBe(expected);
});

test('shows short times in milliseconds, and long ones in seconds', () => {
  expect([formatMs(12.4), formatMs(9_999), formatMs(12_340), formatMs(null)]).toEqual(['12 ms', '9999 ms', '12.3 s', '–']);
});

test('says what an empty list means', () => {
  expect([formatList([]), formatList(undefined), formatList(['a', 'b'])]).toEqual(['any', 'any', 'a, b']);
});

test('writes sizes as disks do, short and never rounded to a thousand', () => {
  expect([0, 999, 1_000, 1_234_567, 99_949_000, 99_950_000, 999_600_000, 2.5e15].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '1.2 MB',
    '99.9 MB',
    '100 MB',
    '1.0 GB',
    '2500 TB',
  ]);
});
