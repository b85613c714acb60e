import { expect, test } from '@jest/globals';
import { describeLimits, LIMIT_FLAG_NAMES, readLimit } from './limit-flag.ts';

test.each([
  ['rpm=60', { requests_per_minute: 60 }],
  ['rpd=1_000', { requests_per_day: 1_000 }],
  ['tpm=40k', { tokens_per_minute: 40_000 }],
  ['concurrent=4', { concurrent_requests: 4 }],
  ['tokens-per-month=2M', { monthly_tokens: 2_000_000 }],
  ['usd-per-month=12.50', { monthly_budget_usd: 12.5 }],
  ['usd-per-month=0', { monthly_budget_usd: 0 }],
  ['rpm=none', { requests_per_minute: null }],
])('reads a limit as people write it: %s', (text, expected) => {
  expect(readLimit(text, LIMIT_FLAG_NAMES)).toEqual(expected);
});

test.each([
  'rpm',
  'rpm=',
  'rpm=-1',
  'rpm=1.5',
  'rpm=many',
  'usd-per-month=1e3',
  'usd-per-month=$5',
  'speed=1',
  'constructor=1',
  'tpm=9999999999999999999',
])('takes nothing that is not a limit: %s', (text) => {
  expect(readLimit(text, LIMIT_FLAG_NAMES)).toBeUndefined();
});

test('takes only the limits that belong there', () => {
  expect(readLimit('concurrent=4', ['rpm', 'rpd', 'tpm'])).toBeUndefined();
});

test('describes the limits that are set', () => {
  const limits = { requests_per_minute: 60, requests_per_day: null, monthly_tokens: 2_000_000, monthly_budget_usd: 12.5 };
  expect(describeLimits(limits)).toEqual(['60 requests per minute', '2,000,000 tokens per month', '$12.50 per month']);
});
