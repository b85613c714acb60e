import { expect, test } from '@jest/globals';
import { endpointLimitsFlag, mergeEndpointLimits } from './endpoint-limit-flag.ts';

const flag = endpointLimitsFlag('');

test('reads limits by endpoint, several for one of them too', () => {
  const texts = ['completions:rpm=10', 'chat.completions:tpm=40k', 'completions:rpd=none'];
  expect(flag.join?.(texts.map((text) => flag.read(text) ?? {}))).toEqual({
    completions: { requests_per_minute: 10, requests_per_day: null },
    'chat.completions': { tokens_per_minute: 40_000 },
  });
});

test.each(['completions', 'completions:rpm', 'rpm=10', 'completions:usd-per-month=1', ':rpm=1'])('takes nothing else: %s', (text) => {
  expect(flag.read(text)).toBeUndefined();
});

test('changes what is named and leaves the rest, and an endpoint without limits disappears', () => {
  const before = { completions: { requests_per_minute: 10, requests_per_day: null }, models: { requests_per_minute: 5 } };
  const change = { completions: { requests_per_minute: null }, models: { tokens_per_minute: 7 } };
  expect(mergeEndpointLimits(before, change)).toEqual({ models: { requests_per_minute: 5, tokens_per_minute: 7 } });
});
