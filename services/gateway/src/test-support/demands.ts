import { randomUUID } from 'node:crypto';
import type { BucketDemand, Demand, GaugeDemand, MeterDemand, Settlement } from '../limits/limiter.ts';

/** A scope that no other test knows. */
export function newScope(kind = 'project'): string {
  return `${kind}:${randomUUID()}`;
}

/** Takes nothing, save for what the change names. */
export function demandOf(change: Partial<Demand> = {}): Demand {
  return {
    id: `req_${randomUUID()}`,
    epochs: [],
    buckets: [],
    gauges: [],
    meters: [],
    outputTokens: 1,
    ticket: undefined,
    takes: true,
    ...change,
  };
}

/** One of ten requests a minute. */
export function requests(scope: string, change: Partial<BucketDemand> = {}): BucketDemand {
  return { scope, resource: 'rpm', unit: 'requests', limit: 10, periodMs: 60_000, cost: 1, ...change };
}

/** A hundred of a thousand tokens a minute. */
export function tokens(scope: string, change: Partial<BucketDemand> = {}): BucketDemand {
  return { scope, resource: 'tpm', unit: 'tokens', limit: 1_000, periodMs: 60_000, cost: 100, ...change };
}

/** One of two places. */
export function place(scope: string, change: Partial<GaugeDemand> = {}): GaugeDemand {
  return { scope, resource: 'concurrency', limit: 2, cost: 1, ...change };
}

/** A prompt of up to 10 tokens, of a month's thousand. */
export function monthlyTokens(scope: string, change: Partial<MeterDemand> = {}): MeterDemand {
  return {
    scope,
    resource: 'tokens',
    unit: 'tokens',
    period: '2026-11',
    expiresAt: new Date('2099-01-01'),
    limit: 1_000,
    promptMax: 10,
    promptMin: 10,
    perOutputToken: 1,
    ...change,
  };
}

/** A prompt of up to 100 nano-dollars and 10 for each output token, of a month's ten thousand. */
export function monthlyCost(scope: string, change: Partial<MeterDemand> = {}): MeterDemand {
  return monthlyTokens(scope, {
    resource: 'cost',
    unit: 'nanoUsd',
    limit: 10_000,
    promptMax: 100,
    promptMin: 100,
    perOutputToken: 10,
    ...change,
  });
}

/** Nothing used, nothing refunded. */
export function usage(change: Partial<Settlement> = {}): Settlement {
  return { promptTokens: 0, completionTokens: 0, costNanoUsd: 0, refundsRequest: false, ...change };
}
