import { describe, expect, test } from '@jest/globals';
import { CODES } from '@sluice/platform/codes';
import type { Demand, Refused } from '../limits/limiter.ts';
import { toRefusalFault } from './refusal.ts';

const DEMAND: Demand = {
  id: 'req_1',
  epochs: [],
  buckets: [
    { scope: 'project:proj_1', resource: 'rpm', unit: 'requests', limit: 60, periodMs: 60_000, cost: 1 },
    { scope: 'key:key_1', resource: 'tpm/demo', unit: 'tokens', limit: 40_000, periodMs: 60_000, cost: 50_000 },
  ],
  gauges: [
    { scope: 'project:proj_1', resource: 'concurrency', limit: 4, cost: 1 },
    { scope: 'capacity', resource: 'all', limit: 16, cost: 1 },
  ],
  meters: [
    {
      scope: 'project:proj_1',
      resource: 'tokens',
      unit: 'tokens',
      period: '2026-11',
      expiresAt: new Date(0),
      limit: 1_000,
      promptMax: 9,
      promptMin: 1,
      perOutputToken: 1,
    },
  ],
  outputTokens: 5,
  ticket: undefined,
  takes: true,
};

function refuse(by: Refused['by']) {
  const fault = toRefusalFault({ kind: 'refused', buckets: [], by, position: undefined }, DEMAND, 'demo');
  const { http, type, code, retryable } = CODES[fault.code];
  return { http, type, code, retryable, message: fault.message, retryAfterMs: fault.retryAfterMs, internal: fault.internal };
}

describe('a refusal', () => {
  test('by requests per minute says how long to wait, as clients look for it', () => {
    expect(refuse({ kind: 'bucket', index: 0, waitMs: 2_500 })).toMatchObject({
      http: 429,
      type: 'requests',
      code: 'rate_limit_exceeded',
      retryable: true,
      message:
        'Rate limit reached for demo in project on requests per min (RPM): Limit 60, Used 60, Requested 1. Please try again in 2.5s.',
      retryAfterMs: 2_500,
    });
  });

  test('by tokens has the type tokens', () => {
    expect(refuse({ kind: 'bucket', index: 1, waitMs: 20 })).toMatchObject({
      type: 'tokens',
      code: 'rate_limit_exceeded',
      message: expect.stringMatching(/^Rate limit reached for demo in key on tokens per min \(TPM\): .* Please try again in 20ms\.$/),
    });
  });

  test('of what can never fit asks nobody to come back', () => {
    expect(refuse({ kind: 'bucket_too_small', index: 1 })).toMatchObject({
      http: 429,
      retryable: false,
      message: expect.stringContaining('Request too large for demo in key on tokens per min (TPM): Limit 40000, Requested 50000.'),
    });
  });

  test('by concurrency, by overload and by a reserved quota is worth another try', () => {
    expect(refuse({ kind: 'gauge', index: 0 })).toMatchObject({ http: 429, code: 'concurrency_limit_exceeded', retryAfterMs: 1_000 });
    expect(refuse({ kind: 'gauge', index: 1 })).toMatchObject({ http: 503, code: 'server_is_overloaded', retryAfterMs: 1_000 });
    expect(refuse({ kind: 'meter', index: 0, isFinal: false, used: 10 })).toMatchObject({
      http: 429,
      code: 'quota_reserved',
      retryable: true,
    });
  });

  test('by a used-up quota is final, and says neither whose nor how much', () => {
    const refusal = refuse({ kind: 'meter', index: 0, isFinal: true, used: 999 });
    expect(refusal).toMatchObject({ http: 429, type: 'insufficient_quota', code: 'insufficient_quota', retryable: false });
    expect(refusal.message).not.toMatch(/proj_1|999/);
    expect(refusal.internal).toBe('project:proj_1 tokens: used 999 of 1000 in 2026-11');
  });

  test('never names an id', () => {
    for (const index of [0, 1]) expect(refuse({ kind: 'bucket', index, waitMs: 1 }).message).not.toMatch(/proj_1|key_1/);
  });
});
