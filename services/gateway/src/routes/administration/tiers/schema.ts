import type { EndpointLimits } from '@sluice/prisma/limits';
import { z } from 'zod';
import type { TierChange } from '../../../admin/tier-store.ts';
import { withoutUndefined } from '../../../admin/without-undefined.ts';
import { SCOPES } from '../../../keys/scopes.ts';
import { models, printable, tierId } from '../../admin-schema.ts';
import { integer } from '../../scalars.ts';
import { limitsSchema, toNanoUsd } from '../../limits-schema.ts';

const tokens = integer(1, 10_000_000);
const endpointLimits = limitsSchema.omit({ monthly_tokens: true, monthly_budget_usd: true });

/** Null means: no limit of this kind. */
const settings = {
  ...limitsSchema.shape,
  context_tokens_max: tokens.nullish(),
  output_tokens_max: tokens.nullish(),
  allowed_models: models.optional(),
  /** By endpoint class; given as a whole. */
  endpoint_limits: z.partialRecord(z.enum(SCOPES), endpointLimits).optional(),
  queue_priority: integer(-1_000, 1_000).optional(),
  queue_depth_max: integer(0, 100_000).optional(),
  queue_deadline_ms: integer(1, 600_000).optional(),
  overload_share_percent: integer(0, 100).optional(),
  on_limiter_down: z.enum(['refuse', 'local']).optional(),
} as const;

export const createTierSchema = z.strictObject({ id: tierId, name: printable, ...settings });
export const updateTierSchema = z.strictObject({ name: printable.optional(), ...settings });

export function toTierChange(body: z.infer<typeof updateTierSchema>): TierChange {
  return {
    name: body.name,
    requestsPerMinute: body.requests_per_minute,
    requestsPerDay: body.requests_per_day,
    tokensPerMinute: body.tokens_per_minute,
    concurrentRequests: body.concurrent_requests,
    monthlyTokens: toBigInt(body.monthly_tokens),
    monthlyBudgetNanoUsd: toBigInt(toNanoUsd(body.monthly_budget_usd)),
    contextTokensMax: body.context_tokens_max,
    outputTokensMax: body.output_tokens_max,
    allowedModels: body.allowed_models,
    endpointLimits: body.endpoint_limits && toEndpointLimits(body.endpoint_limits),
    queuePriority: body.queue_priority,
    queueDepthMax: body.queue_depth_max,
    queueDeadlineMs: body.queue_deadline_ms,
    overloadSharePercent: body.overload_share_percent,
    onLimiterDown: body.on_limiter_down,
  };
}

function toEndpointLimits(wire: Partial<Record<string, z.infer<typeof endpointLimits>>>): EndpointLimits {
  return Object.fromEntries(
    Object.entries(wire).map(([endpoint, limits]) => [
      endpoint,
      withoutUndefined({
        requestsPerMinute: limits?.requests_per_minute ?? undefined,
        requestsPerDay: limits?.requests_per_day ?? undefined,
        tokensPerMinute: limits?.tokens_per_minute ?? undefined,
        concurrentRequests: limits?.concurrent_requests ?? undefined,
      }),
    ]),
  );
}

function toBigInt(value: number | null | undefined): bigint | null | undefined {
  return typeof value === 'number' ? BigInt(value) : value;
}
