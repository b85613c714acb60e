import { z } from 'zod';

const count = z.int().min(1).max(1_000_000_000);
const sum = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

/** Limits on what happens at once or within a minute or a day. One that is absent does not limit. */
export const rateLimitsSchema = z.strictObject({
  requestsPerMinute: count.optional(),
  requestsPerDay: count.max(100_000_000).optional(),
  tokensPerMinute: count.optional(),
  concurrentRequests: count.max(1_000_000).optional(),
});
export type RateLimits = z.infer<typeof rateLimitsSchema>;

/** `limits` of an organization, a project, a user or a key. A narrower scope's limits apply beside the wider ones', so they can only be stricter. */
export const limitsSchema = rateLimitsSchema.extend({
  monthlyTokens: sum.optional(),
  /** Billionths of a US dollar. */
  monthlyBudgetNanoUsd: sum.optional(),
});
export type Limits = z.infer<typeof limitsSchema>;

/** `endpointLimits` of a tier, by endpoint class. */
export const endpointLimitsSchema = z.record(z.string().max(64), rateLimitsSchema);
export type EndpointLimits = z.infer<typeof endpointLimitsSchema>;
