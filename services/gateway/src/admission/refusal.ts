import { Fault } from '@sluice/platform/fault';
import type { BucketDemand, Demand, Refused } from '../limits/limiter.ts';
import { CAPACITY } from './to-demand.ts';

/** A place comes free when some running request ends; nobody knows when. */
const PLACE_RETRY_MS = 1_000;

const QUOTA_USED_UP = 'You exceeded your current quota, please check your plan and billing details.';

/** What a client is told whose request was refused by a limit. Clients look for "Please try again in …". */
export function toRefusalFault({ by, buckets }: Refused, demand: Demand, model: string): Fault {
  switch (by.kind) {
    case 'bucket':
      return rateLimited(demand.buckets[by.index], { model, waitMs: by.waitMs, remaining: buckets[by.index]?.remaining ?? 0 });
    case 'bucket_too_small': {
      const bucket = demand.buckets[by.index];
      const message = `Request too large for ${model} in ${scopeOf(bucket)} on ${nameOf(bucket)}: Limit ${bucket?.limit}, Requested ${bucket?.cost}. The input or output tokens must be reduced in order to run successfully.`;
      return new Fault('REQUEST_EXCEEDS_LIMIT', { message, internal: internalOf(bucket) });
    }
    case 'gauge': {
      const gauge = demand.gauges[by.index];
      if (gauge?.scope === CAPACITY.scope) return overloaded(gauge.limit);
      const message = `Too many concurrent requests for ${model} in ${scopeOf(gauge)}: Limit ${gauge?.limit}. Please try again in ${PLACE_RETRY_MS / 1_000}s.`;
      return new Fault('CONCURRENCY_LIMIT_EXCEEDED', { message, retryAfterMs: PLACE_RETRY_MS, internal: internalOf(gauge) });
    }
    case 'meter': {
      const meter = demand.meters[by.index];
      const internal = `${internalOf(meter)}: used ${by.used} of ${meter?.limit} in ${meter?.period}`;
      if (by.isFinal) return new Fault('INSUFFICIENT_QUOTA', { message: QUOTA_USED_UP, internal });
      const message = `Running requests hold what is left of your current quota. Please try again in ${PLACE_RETRY_MS / 1_000}s.`;
      return new Fault('QUOTA_RESERVED', { message, retryAfterMs: PLACE_RETRY_MS, internal });
    }
    default: {
      if (by.scope === CAPACITY.scope) return overloaded(undefined);
      const message = `Other requests of ${by.scope.split(':')[0]} are waiting for the same limit. Please try again in ${PLACE_RETRY_MS / 1_000}s.`;
      return new Fault('CONCURRENCY_LIMIT_EXCEEDED', { message, retryAfterMs: PLACE_RETRY_MS, internal: by.scope });
    }
  }
}

type RateLimited = { readonly model: string; readonly waitMs: number; readonly remaining: number };

function rateLimited(bucket: BucketDemand | undefined, { model, waitMs, remaining }: RateLimited): Fault {
  const isTokens = bucket?.unit === 'tokens';
  const used = `Limit ${bucket?.limit}, Used ${(bucket?.limit ?? 0) - remaining}, Requested ${bucket?.cost}`;
  const message = `Rate limit reached for ${model} in ${scopeOf(bucket)} on ${nameOf(bucket)}: ${used}. Please try again in ${toWait(waitMs)}.`;
  return new Fault(isTokens ? 'TOKEN_RATE_LIMIT_EXCEEDED' : 'RATE_LIMIT_EXCEEDED', {
    message,
    retryAfterMs: waitMs,
    internal: internalOf(bucket),
  });
}

function overloaded(limit: number | undefined): Fault {
  return new Fault('SERVER_OVERLOADED', {
    message: 'The server is currently overloaded with other requests. Please try again in a moment.',
    retryAfterMs: PLACE_RETRY_MS,
    internal: limit === undefined ? 'others wait for capacity' : `capacity for this tier is ${limit} now`,
  });
}

type Limited = { readonly scope: string; readonly resource: string } | undefined;

/** "project", without whose. */
function scopeOf(limited: Limited): string {
  return limited?.scope.split(':')[0] ?? '';
}

function internalOf(limited: Limited): string {
  return `${limited?.scope} ${limited?.resource}`;
}

const NAMES: Record<string, string> = { rpm: 'requests per min (RPM)', rpd: 'requests per day (RPD)', tpm: 'tokens per min (TPM)' };

function nameOf(limited: Limited): string {
  return NAMES[limited?.resource.slice(0, 3) ?? ''] ?? '';
}

/** Seconds to the millisecond, as OpenAI writes it and as clients parse it. */
function toWait(ms: number): string {
  return ms < 1_000 ? `${ms}ms` : `${ms / 1_000}s`;
}
