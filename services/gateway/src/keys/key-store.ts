import { endpointLimitsSchema, limitsSchema, type Limits, type RateLimits } from '@sluice/prisma/limits';
import type { Database } from '@sluice/prisma/client';
import type { KeySnapshot } from './key-snapshot.ts';
import type { LimitedScope, Policy } from './policy.ts';
import { UnreadableKey } from './unreadable-key.ts';

/** Where keys come from. Undefined means that no such key was ever issued; a rejection, that nobody knows: of this key when it is an UnreadableKey, of any otherwise. */
export type KeyStore = {
  findByPublicId(publicId: string): Promise<KeySnapshot | undefined>;
};

export function createKeyStore(db: Database): KeyStore {
  return {
    findByPublicId: async (publicId) => {
      const row = await findRow(db, publicId);
      return row ? readRow(row) : undefined;
    },
  };
}

/** Limits that somebody wrote into the database by hand may be none. */
function readRow(row: Row): KeySnapshot {
  try {
    return toSnapshot(row);
  } catch (error) {
    throw new UnreadableKey('the key, or something that it belongs to, has settings that cannot be read', { cause: error });
  }
}

function findRow(db: Database, publicId: string) {
  return db.apiKey.findUnique({
    where: { publicId },
    include: {
      owner: { select: { id: true, limits: true, disabledAt: true } },
      serviceAccount: { select: { deletedAt: true } },
      project: { include: { tier: true, modelLimits: true, organization: { select: { id: true, timezone: true, limits: true } } } },
    },
  });
}

type Row = NonNullable<Awaited<ReturnType<typeof findRow>>>;

function toSnapshot(row: Row): KeySnapshot {
  const { project, owner, serviceAccount } = row;
  return {
    id: row.id,
    publicId: row.publicId,
    secretHash: row.secretHash,
    projectId: project.id,
    organizationId: project.organizationId,
    userId: owner?.id,
    scopes: row.scopes.length > 0 ? new Set(row.scopes) : undefined,
    allowedModels: narrowing([project.tier.allowedModels, project.allowedModels, row.allowedModels]),
    allowedIps: row.allowedIps.length > 0 ? row.allowedIps : undefined,
    requiresSignature: row.requiresSignature,
    storesContent: project.storesContent,
    expiresAt: row.expiresAt ?? undefined,
    // A key ends with its project, its user and its service account.
    revokedAt: row.revokedAt ?? project.archivedAt ?? owner?.disabledAt ?? serviceAccount?.deletedAt ?? undefined,
    policy: toPolicy(row),
  };
}

/** An empty list narrows nothing. */
function narrowing(lists: readonly (readonly string[])[]): readonly ReadonlySet<string>[] {
  return lists.filter((list) => list.length > 0).map((list) => new Set(list));
}

function toPolicy({ id, limits, project, owner }: Row): Policy {
  const { tier, organization } = project;
  const scopes: LimitedScope[] = [
    { kind: 'key', id, limits: limitsSchema.parse(limits), byEndpoint: {}, byModel: {} },
    ...(owner ? [{ kind: 'user', id: owner.id, limits: limitsSchema.parse(owner.limits), byEndpoint: {}, byModel: {} } as const] : []),
    {
      kind: 'project',
      id: project.id,
      limits: strictest(toLimits(tier), limitsSchema.parse(project.limits)),
      byEndpoint: endpointLimitsSchema.parse(tier.endpointLimits),
      byModel: Object.fromEntries(project.modelLimits.map((limit) => [limit.model, toRateLimits(limit)])),
    },
    { kind: 'organization', id: organization.id, limits: limitsSchema.parse(organization.limits), byEndpoint: {}, byModel: {} },
  ];
  return {
    tier: {
      id: tier.id,
      queuePriority: tier.queuePriority,
      queueDepthMax: tier.queueDepthMax,
      queueDeadlineMs: tier.queueDeadlineMs,
      overloadSharePercent: tier.overloadSharePercent,
      onLimiterDown: tier.onLimiterDown,
    },
    timezone: organization.timezone,
    contextTokensMax: tier.contextTokensMax ?? undefined,
    outputTokensMax: tier.outputTokensMax ?? undefined,
    scopes: scopes.filter(({ limits, byEndpoint, byModel }) => [limits, byEndpoint, byModel].some((each) => Object.keys(each).length > 0)),
  };
}

type NullableRates = { requestsPerMinute: number | null; requestsPerDay: number | null; tokensPerMinute: number | null };

function toRateLimits({ requestsPerMinute, requestsPerDay, tokensPerMinute }: NullableRates): RateLimits {
  return withoutNulls({ requestsPerMinute, requestsPerDay, tokensPerMinute });
}

function toLimits(tier: Row['project']['tier']): Limits {
  const { concurrentRequests, monthlyTokens, monthlyBudgetNanoUsd } = tier;
  return {
    ...toRateLimits(tier),
    ...withoutNulls({
      concurrentRequests,
      monthlyTokens: monthlyTokens === null ? null : Number(monthlyTokens),
      monthlyBudgetNanoUsd: monthlyBudgetNanoUsd === null ? null : Number(monthlyBudgetNanoUsd),
    }),
  };
}

function withoutNulls<Name extends string>(values: Record<Name, number | null>): Partial<Record<Name, number>> {
  return Object.fromEntries(Object.entries<number | null>(values).filter(([, value]) => value !== null)) as Partial<Record<Name, number>>;
}

function strictest(a: Limits, b: Limits): Limits {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof Limits>;
  return Object.fromEntries([...names].map((name) => [name, Math.min(a[name] ?? Infinity, b[name] ?? Infinity)]));
}
