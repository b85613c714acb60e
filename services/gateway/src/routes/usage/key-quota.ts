import type { RateLimits } from '@sluice/prisma/limits';
import type { KeySnapshot } from '../../keys/key-snapshot.ts';
import { monthOf, type Period } from '../../limits/period.ts';
import type { LimitedScope, ScopeKind } from '../../keys/policy.ts';
import type { ScopeUsage, ScopeUsageStore } from '../../usage/scope-usage-store.ts';
import { toAmount } from './money-amount.ts';

/** What a key, its user and its project may use this month and have used so far, by the history, and their other limits. What the whole organization uses is nobody's business who has only a key. */
export async function readQuota(usage: ScopeUsageStore, key: KeySnapshot, now: Date) {
  const period = monthOf(now, key.policy.timezone);
  const scopes = scopesOf(key);
  const used = await Promise.all(scopes.map((scope) => usage.used(scope, period)));
  return {
    period: toPeriod(period, key.policy.timezone),
    scopes: scopes.map((scope, i) => toScope(scope, used[i] ?? { tokens: 0n, nanoUsd: 0n })),
  };
}

function scopesOf({ id, userId, projectId, policy }: KeySnapshot): readonly LimitedScope[] {
  // A scope without any limit is not among the policy's.
  const find = (kind: ScopeKind, ofId: string): LimitedScope =>
    policy.scopes.find((scope) => scope.kind === kind) ?? { kind, id: ofId, limits: {}, byEndpoint: {}, byModel: {} };
  return [find('key', id), ...(userId === undefined ? [] : [find('user', userId)]), find('project', projectId)];
}

function toPeriod({ id, startsAt, endsAt }: Period, timezone: string) {
  return { id, start_time: startsAt.getTime() / 1_000, end_time: endsAt.getTime() / 1_000, time_zone: timezone };
}

function toScope({ kind, id, limits, byEndpoint, byModel }: LimitedScope, used: ScopeUsage) {
  const { monthlyTokens, monthlyBudgetNanoUsd } = limits;
  const budget = monthlyBudgetNanoUsd === undefined ? undefined : BigInt(monthlyBudgetNanoUsd);
  return {
    object: 'usage.scope',
    scope: kind,
    id,
    tokens: {
      used: Number(used.tokens),
      limit: monthlyTokens ?? null,
      remaining: monthlyTokens === undefined ? null : Math.max(0, monthlyTokens - Number(used.tokens)),
    },
    cost: {
      used: toAmount(used.nanoUsd),
      limit: budget === undefined ? null : toAmount(budget),
      remaining: budget === undefined ? null : toAmount(budget > used.nanoUsd ? budget - used.nanoUsd : 0n),
    },
    limits: {
      ...toRates(limits),
      by_endpoint: mapValues(byEndpoint, toRates),
      by_model: mapValues(byModel, toRates),
    },
  };
}

function toRates(limits: RateLimits) {
  return {
    requests_per_minute: limits.requestsPerMinute ?? null,
    requests_per_day: limits.requestsPerDay ?? null,
    tokens_per_minute: limits.tokensPerMinute ?? null,
    concurrent_requests: limits.concurrentRequests ?? null,
  };
}

function mapValues<Value, Result>(record: Readonly<Record<string, Value>>, toResult: (value: Value) => Result): Record<string, Result> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, toResult(value)]));
}
