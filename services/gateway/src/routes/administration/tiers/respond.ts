import type { RateLimits } from '@sluice/prisma/limits';
import type { TierRecord } from '../../../admin/tier-store.ts';
import { toUnixS } from '../../admin-list.ts';
import { fromNanoUsd } from '../../limits-schema.ts';

/** Null means: no limit of this kind. */
export function toTierObject(tier: TierRecord) {
  return {
    id: tier.id,
    object: 'sluice.tier',
    name: tier.name,
    requests_per_minute: tier.requestsPerMinute,
    requests_per_day: tier.requestsPerDay,
    tokens_per_minute: tier.tokensPerMinute,
    concurrent_requests: tier.concurrentRequests,
    monthly_tokens: tier.monthlyTokens === null ? null : Number(tier.monthlyTokens),
    monthly_budget_usd: tier.monthlyBudgetNanoUsd === null ? null : fromNanoUsd(tier.monthlyBudgetNanoUsd),
    context_tokens_max: tier.contextTokensMax,
    output_tokens_max: tier.outputTokensMax,
    allowed_models: tier.allowedModels,
    endpoint_limits: Object.fromEntries(Object.entries(tier.endpointLimits).map(([name, limits]) => [name, toRateLimits(limits)])),
    queue_priority: tier.queuePriority,
    queue_depth_max: tier.queueDepthMax,
    queue_deadline_ms: tier.queueDeadlineMs,
    overload_share_percent: tier.overloadSharePercent,
    on_limiter_down: tier.onLimiterDown,
    created_at: toUnixS(tier.createdAt),
    updated_at: toUnixS(tier.updatedAt),
  };
}

function toRateLimits(limits: RateLimits) {
  return {
    requests_per_minute: limits.requestsPerMinute ?? null,
    requests_per_day: limits.requestsPerDay ?? null,
    tokens_per_minute: limits.tokensPerMinute ?? null,
    concurrent_requests: limits.concurrentRequests ?? null,
  };
}
