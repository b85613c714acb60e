import type { Limits } from '@sluice/prisma/limits';
import { z } from 'zod';
import type { LimitChange } from '../admin/limit-bounds.ts';
import { toUsd } from '../usage/money.ts';
import { integer } from './scalars.ts';

const COUNT_MAX = 1_000_000_000;
const NANO_PER_USD = 1_000_000_000;
/** What fits into a whole number of billionths. */
export const USD_MAX = 9_000_000;

export const count = integer(1, COUNT_MAX);
const usd = z.number().min(0).max(USD_MAX);

/** Limits of an organization, a project, a user or a key. Null takes one away; one that is absent stays as it is. */
export const limitsSchema = z.strictObject({
  requests_per_minute: count.nullish(),
  requests_per_day: integer(1, 100_000_000).nullish(),
  tokens_per_minute: count.nullish(),
  concurrent_requests: integer(1, 1_000_000).nullish(),
  monthly_tokens: integer(0, Number.MAX_SAFE_INTEGER).nullish(),
  monthly_budget_usd: usd.nullish(),
});

export function toLimitChange(wire: z.infer<typeof limitsSchema>): LimitChange {
  return {
    requestsPerMinute: wire.requests_per_minute,
    requestsPerDay: wire.requests_per_day,
    tokensPerMinute: wire.tokens_per_minute,
    concurrentRequests: wire.concurrent_requests,
    monthlyTokens: wire.monthly_tokens,
    monthlyBudgetNanoUsd: toNanoUsd(wire.monthly_budget_usd),
  };
}

export function fromLimits(limits: Limits) {
  return {
    requests_per_minute: limits.requestsPerMinute ?? null,
    requests_per_day: limits.requestsPerDay ?? null,
    tokens_per_minute: limits.tokensPerMinute ?? null,
    concurrent_requests: limits.concurrentRequests ?? null,
    monthly_tokens: limits.monthlyTokens ?? null,
    monthly_budget_usd: limits.monthlyBudgetNanoUsd === undefined ? null : fromNanoUsd(limits.monthlyBudgetNanoUsd),
  };
}

export function toNanoUsd(amount: number): number;
export function toNanoUsd(amount: number | null | undefined): number | null | undefined;
export function toNanoUsd(amount: number | null | undefined): number | null | undefined {
  return amount === null || amount === undefined ? amount : Math.round(amount * NANO_PER_USD);
}

export function fromNanoUsd(amount: number | bigint): number {
  return toUsd(BigInt(amount));
}
