import { expect, test } from '@jest/globals';
import { readMoment } from './moment.ts';

const nowS = Date.UTC(2026, 1, 10, 12) / 1_000;
const read = (text: string, direction: 'ago' | 'ahead' = 'ago'): string | undefined => {
  const atS = readMoment(text, { nowS, direction });
  return atS === undefined ? undefined : new Date(atS * 1_000).toISOString();
};

test.each([
  ['90s', '2026-02-10T11:58:30.000Z'],
  ['15m', '2026-02-10T11:45:00.000Z'],
  ['24h', '2026-02-09T12:00:00.000Z'],
  ['30d', '2026-01-11T12:00:00.000Z'],
  ['2w', '2026-01-27T12:00:00.000Z'],
  ['2026-02-01', '2026-02-01T00:00:00.000Z'],
  ['2026-02-01T08:30', '2026-02-01T08:30:00.000Z'],
  ['2026-02-01 08:30Z', '2026-02-01T08:30:00.000Z'],
  ['2026-02-01T08:30:15Z', '2026-02-01T08:30:15.000Z'],
])('reads a span back from now, a day or a time in UTC: %s', (text, expected) => {
  expect(read(text)).toBe(expected);
});

test('reads a span ahead where it means the future', () => {
  expect(read('30d', 'ahead')).toBe('2026-03-12T12:00:00.000Z');
});

test.each([
  '',
  '7',
  'd',
  '-7d',
  '1y',
  'tomorrow',
  '2026-02-30',
  '2026-13-01',
  '2026-02-01T25:00',
  '2026-02-01T08:60',
  '1795267620',
  '99999999999d',
])('takes no moment that does not exist: "%s"', (text) => {
  expect(read(text)).toBeUndefined();
});
