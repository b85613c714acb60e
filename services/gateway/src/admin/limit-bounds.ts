import { Fault } from '@sluice/platform/fault';
import type { Limits } from '@sluice/prisma/limits';

const LIMIT_NAMES = [
  'requestsPerMinute',
  'requestsPerDay',
  'tokensPerMinute',
  'concurrentRequests',
  'monthlyTokens',
  'monthlyBudgetNanoUsd',
] as const satisfies readonly (keyof Limits)[];
export type LimitName = (typeof LIMIT_NAMES)[number];

/** What each limit is called in a request, for the refusal that names it. */
export type LimitParams = Readonly<Record<LimitName, string>>;
export const LIMIT_PARAMS: LimitParams = {
  requestsPerMinute: 'limits.requests_per_minute',
  requestsPerDay: 'limits.requests_per_day',
  tokensPerMinute: 'limits.tokens_per_minute',
  concurrentRequests: 'limits.concurrent_requests',
  monthlyTokens: 'limits.monthly_tokens',
  monthlyBudgetNanoUsd: 'limits.monthly_budget_usd',
};

/** What to set; null takes a limit away, and one that is absent stays as it is. */
export type LimitChange = { readonly [Name in LimitName]?: number | null | undefined };

export function applyLimits(limits: Limits, change: LimitChange): Limits {
  const value = (name: LimitName): number | null | undefined => (change[name] === undefined ? limits[name] : change[name]);
  return Object.fromEntries(LIMIT_NAMES.flatMap((name) => (typeof value(name) === 'number' ? [[name, value(name)]] : [])));
}

/** What stands above some limits, and what it is called. */
export type Bound = { readonly whose: 'tier' | 'user' | 'project' | 'organization'; readonly limits: Limits };

/** The columns of a tier that a project's limits are compared with. */
export function limitsOfTier(tier: Readonly<Record<LimitName, number | bigint | null>>): Limits {
  return Object.fromEntries(LIMIT_NAMES.flatMap((name) => (tier[name] === null ? [] : [[name, Number(tier[name])]])));
}

/** Throws for the first limit that is set looser than one above it: it would do nothing, and whoever sets it would believe otherwise. */
export function requireStricter(change: LimitChange, bounds: readonly Bound[], params = LIMIT_PARAMS): void {
  for (const name of LIMIT_NAMES) {
    const value = change[name];
    if (typeof value !== 'number') continue;
    const looser = bounds.find((bound) => value > (bound.limits[name] ?? Infinity));
    if (looser) throw tooLoose(params[name], looser.whose);
  }
}

function tooLoose(param: string, whose: Bound['whose']): Fault {
  return new Fault('INVALID_VALUE', {
    message: `Invalid value for '${param}': it is looser than the ${whose}'s. Limits may only be stricter.`,
    param,
  });
}
