import type { EndpointLimits, Limits, RateLimits } from '@sluice/prisma/limits';

/** What a key's requests may take, and how they are treated when there is not enough for all. */
export type Policy = {
  readonly tier: TierPolicy;
  /** IANA name of the zone whose calendar months quotas go by. */
  readonly timezone: string;
  /** Prompt and output together; undefined means what the model holds. */
  readonly contextTokensMax: number | undefined;
  readonly outputTokensMax: number | undefined;
  /** From the narrowest to the widest: key, user, project, organization. A scope without any limit is left out. */
  readonly scopes: readonly LimitedScope[];
};

export type TierPolicy = {
  readonly id: string;
  /** Larger goes first. */
  readonly queuePriority: number;
  /** 0 means that nothing waits. */
  readonly queueDepthMax: number;
  readonly queueDeadlineMs: number;
  readonly overloadSharePercent: number;
  readonly onLimiterDown: 'refuse' | 'local';
};

export type ScopeKind = 'key' | 'user' | 'project' | 'organization';

/** Whose requests are counted together, and how much they may take. */
export type LimitedScope = {
  readonly kind: ScopeKind;
  readonly id: string;
  readonly limits: Limits;
  /** Counted apart, beside `limits`. */
  readonly byEndpoint: EndpointLimits;
  readonly byModel: Readonly<Record<string, RateLimits>>;
};

/** A policy without any limit. */
export const UNLIMITED: Policy = {
  tier: { id: '', queuePriority: 0, queueDepthMax: 0, queueDeadlineMs: 0, overloadSharePercent: 100, onLimiterDown: 'local' },
  timezone: 'UTC',
  contextTokensMax: undefined,
  outputTokensMax: undefined,
  scopes: [],
};
