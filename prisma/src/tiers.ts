import type { Prisma } from '../generated/client.ts';

/** The tiers of a new installation. An administrator may change them; seeding again does not change them back. */
export const TIERS: readonly Prisma.TierCreateInput[] = [
  {
    id: 'free',
    name: 'Free',
    requestsPerMinute: 60,
    requestsPerDay: 5_000,
    tokensPerMinute: 40_000,
    concurrentRequests: 4,
    monthlyTokens: 2_000_000,
    outputTokensMax: 2_048,
    queuePriority: 0,
    overloadSharePercent: 25,
    onLimiterDown: 'refuse',
  },
  {
    id: 'pro',
    name: 'Pro',
    requestsPerMinute: 600,
    requestsPerDay: 100_000,
    tokensPerMinute: 400_000,
    concurrentRequests: 32,
    monthlyTokens: 100_000_000,
    queuePriority: 10,
    queueDepthMax: 64,
    queueDeadlineMs: 30_000,
    overloadSharePercent: 60,
  },
  { id: 'enterprise', name: 'Enterprise', queuePriority: 20, queueDepthMax: 256, queueDeadlineMs: 60_000 },
];
