import type { Limits, RateLimits } from '@sluice/prisma/limits';
import { fullNameOf, namesOf, type AskedModel } from '../keys/asked-model.ts';
import type { KeySnapshot } from '../keys/key-snapshot.ts';
import type { LimitedScope } from '../keys/policy.ts';
import type { BucketDemand, GaugeDemand, MeterDemand } from '../limits/limiter.ts';

/** What every request of a key for one model at one endpoint is measured against; only the amounts differ. */
export type DemandTemplate = {
  readonly buckets: readonly Omit<BucketDemand, 'cost'>[];
  readonly gauges: readonly Omit<GaugeDemand, 'cost'>[];
  readonly meters: readonly Pick<MeterDemand, 'scope' | 'resource' | 'unit' | 'limit'>[];
};

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Clients choose the model's name, so what is kept for a key is bounded. */
const TEMPLATES_PER_KEY_MAX = 64;

const templates = new WeakMap<KeySnapshot, Map<string, DemandTemplate>>();

/** The same object for the same arguments, so that a request costs a lookup. */
export function templateOf(key: KeySnapshot, endpoint: string, asked: AskedModel): DemandTemplate {
  let ofKey = templates.get(key);
  if (!ofKey || ofKey.size >= TEMPLATES_PER_KEY_MAX) {
    ofKey = new Map();
    templates.set(key, ofKey);
  }
  const name = `${endpoint} ${asked.adapter.length} ${fullNameOf(asked)}`;
  let template = ofKey.get(name);
  if (!template) {
    template = makeTemplate(key.policy.scopes, endpoint, namesOf(asked));
    ofKey.set(name, template);
  }
  return template;
}

function makeTemplate(scopes: readonly LimitedScope[], endpoint: string, names: readonly string[]): DemandTemplate {
  const parts = scopes.flatMap((scope) => {
    const name = `${scope.kind}:${scope.id}`;
    const byEndpoint = scope.byEndpoint[endpoint] ?? {};
    const byModel = names.map((named) => toRates(name, `/${named}`, (Object.hasOwn(scope.byModel, named) && scope.byModel[named]) || {}));
    return [
      toRates(name, '', scope.limits),
      toRates(name, `@${endpoint}`, byEndpoint),
      ...byModel,
      { buckets: [], gauges: [], meters: toMeters(name, scope.limits) },
    ];
  });
  return {
    buckets: parts.flatMap(({ buckets }) => buckets),
    gauges: parts.flatMap(({ gauges }) => gauges),
    meters: parts.flatMap(({ meters }) => meters),
  };
}

function toRates(scope: string, suffix: string, limits: RateLimits): DemandTemplate {
  const bucket = (resource: string, unit: BucketDemand['unit'], limit: number | undefined, periodMs: number) =>
    limit === undefined ? [] : [{ scope, resource: `${resource}${suffix}`, unit, limit, periodMs }];
  return {
    buckets: [
      ...bucket('rpm', 'requests', limits.requestsPerMinute, MINUTE_MS),
      ...bucket('rpd', 'requests', limits.requestsPerDay, DAY_MS),
      ...bucket('tpm', 'tokens', limits.tokensPerMinute, MINUTE_MS),
    ],
    gauges: limits.concurrentRequests === undefined ? [] : [{ scope, resource: `concurrency${suffix}`, limit: limits.concurrentRequests }],
    meters: [],
  };
}

function toMeters(scope: string, limits: Limits): DemandTemplate['meters'] {
  return [
    ...(limits.monthlyTokens === undefined ? [] : [{ scope, resource: 'tokens', unit: 'tokens' as const, limit: limits.monthlyTokens }]),
    ...(limits.monthlyBudgetNanoUsd === undefined
      ? []
      : [{ scope, resource: 'cost', unit: 'nanoUsd' as const, limit: limits.monthlyBudgetNanoUsd }]),
  ];
}
