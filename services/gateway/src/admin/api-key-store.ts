import { Fault } from '@sluice/platform/fault';
import type { Database } from '@sluice/prisma/client';
import { limitsSchema } from '@sluice/prisma/limits';
import { findApiKey, listApiKeys, type ApiKeyRecord, type KeyName, type OwnerAccess } from './api-key-find-store.ts';
import type { Change, Changes } from './change-store.ts';
import { issueKey } from './key-issue-store.ts';
import { revokeKeys } from './key-revoke-store.ts';
import { keyFacts, type KeyHolder, type KeySpec } from './key-spec.ts';
import { applyLimits, requireStricter, type Bound, type LimitChange } from './limit-bounds.ts';
import { notFound } from './not-found.ts';
import type { Page, PageRequest } from './page.ts';
import type { Reach } from './permissions.ts';
import type { Requester } from './requester.ts';
import { boundsOf, requireProject } from './project-find-store.ts';
import { withoutUndefined } from './without-undefined.ts';

/** A key, and the only copy of its secret. */
export type IssuedKey = { readonly key: ApiKeyRecord; readonly value: string };
/** What is absent stays as it is. */
export type KeyChange = { readonly [Name in keyof Omit<KeySpec, 'limits'>]?: KeySpec[Name] | undefined } & {
  readonly limits?: LimitChange | undefined;
};
/** Which key, and whether it must be the requester's own. */
export type Touch = KeyName & { readonly reach: Reach };

export type ApiKeyStore = ReturnType<typeof createApiKeyStore>;

export function createApiKeyStore(db: Database, { changes, pepper }: { changes: Changes; pepper: string }) {
  const issue = async (change: Change, key: { holder: KeyHolder; spec: KeySpec; rotatedFromId?: string }): Promise<IssuedKey> => {
    const { id, value } = await issueKey(change, pepper, key);
    return { key: await findApiKey(change.tx, change.organizationId, { id }), value };
  };

  return {
    /** `ownerId` null makes a key that belongs to the project itself. */
    create: (
      by: Requester,
      { projectId, ownerId, spec }: { projectId: string; ownerId: string | null; spec: KeySpec },
    ): Promise<IssuedKey> =>
      changes(by, async (change) => {
        const project = await requireProject(change, projectId);
        if (ownerId !== null) await requireAccess(change, { projectId, userId: ownerId });
        requireStricter(spec.limits, [...boundsOf(project), ...(await boundsOfOwner(change, ownerId))]);
        return issue(change, { holder: { projectId, ownerId, serviceAccountId: null }, spec });
      }),

    /** Revoked ones too. Throws NOT_FOUND. */
    find: (organizationId: string, name: KeyName): Promise<ApiKeyRecord> => findApiKey(db, organizationId, name),

    /** Throws NOT_FOUND for a revoked one, too. */
    findActive: async (organizationId: string, name: KeyName): Promise<ApiKeyRecord> =>
      requireActive(await findApiKey(db, organizationId, name)),

    list: (question: { projectId: string; access: OwnerAccess | undefined }, page: PageRequest): Promise<Page<ApiKeyRecord>> =>
      listApiKeys(db, question, page),

    change: (by: Requester, touch: Touch, { scopes, allowedModels, allowedIps, limits, ...wanted }: KeyChange): Promise<ApiKeyRecord> =>
      changes(by, async (change) => {
        const before = await requireTouchable(change, touch);
        if (limits) {
          const project = await requireProject(change, before.projectId);
          requireStricter(limits, [...boundsOf(project), ...(await boundsOfOwner(change, before.ownerId))]);
        }
        const data = withoutUndefined({
          ...wanted,
          limits: limits && applyLimits(before.limits, limits),
          scopes: scopes && [...scopes],
          allowedModels: allowedModels && [...allowedModels],
          allowedIps: allowedIps && [...allowedIps],
        });
        await change.tx.apiKey.update({ where: { id: before.id }, data });
        const after = await findApiKey(change.tx, change.organizationId, touch);
        recordUpdate(change, before, after);
        return after;
      }),

    revoke: (by: Requester, touch: Touch): Promise<ApiKeyRecord> =>
      changes(by, async (change) => {
        const key = await requireTouchable(change, touch);
        await revokeKeys(change, [key]);
        return { ...key, revokedAt: change.now };
      }),

    /** The new key works at once, the old one until the overlap is over. */
    rotate: (by: Requester, touch: Touch, overlapMs: number): Promise<IssuedKey> =>
      changes(by, async (change) => {
        const old = await requireTouchable(change, touch);
        const { id, projectId, ownerId, serviceAccountId } = old;
        await requireProject(change, projectId);
        if (old.expiresAt && old.expiresAt <= change.now) throw cannotRotate('has expired');
        if (old.rotatedToId) throw cannotRotate('was rotated before');
        const overlapEndsAt = after(change.now, overlapMs);
        const expiresAt = old.expiresAt && old.expiresAt < overlapEndsAt ? old.expiresAt : overlapEndsAt;
        await change.tx.apiKey.update({ where: { id }, data: { expiresAt } });
        recordUpdate(change, old, { ...old, expiresAt });
        // The new one lives as long as the old one was meant to.
        const lifetimeMs = old.expiresAt && old.expiresAt.getTime() - old.createdAt.getTime();
        const spec = { ...old, expiresAt: lifetimeMs === null ? null : after(change.now, lifetimeMs) };
        return issue(change, { holder: { projectId, ownerId, serviceAccountId }, spec, rotatedFromId: id });
      }),
  };
}

/** Throws for a key that is not there, was revoked, or is somebody else's where only one's own may be touched. */
async function requireTouchable(change: Change, { reach, ...name }: Touch): Promise<ApiKeyRecord> {
  const key = requireActive(await findApiKey(change.tx, change.organizationId, name));
  if (reach === 'all' || key.ownerId === change.by.principal.userId) return key;
  throw new Fault('INSUFFICIENT_PERMISSIONS', {
    message: 'You have insufficient permissions for this operation. Of the API keys of this project you may change your own.',
  });
}

function requireActive(key: ApiKeyRecord): ApiKeyRecord {
  if (key.revokedAt) throw notFound('API key');
  return key;
}

/** A key for somebody who may not use the project would be a way round that. */
async function requireAccess({ tx, organizationId }: Change, { projectId, userId }: { projectId: string; userId: string }): Promise<void> {
  const memberships = { where: { projectId } };
  const user = await tx.user.findFirst({ where: { id: userId, organizationId, disabledAt: null }, include: { memberships } });
  const isIn = user && (user.role === 'owner' || user.role === 'admin' || user.memberships.length > 0);
  if (isIn) return;
  throw new Fault('INVALID_VALUE', { message: "Invalid value for 'user_id': the project has no such user.", param: 'user_id' });
}

/** A user's limits hold for all of their keys together. */
async function boundsOfOwner({ tx }: Change, ownerId: string | null): Promise<readonly Bound[]> {
  if (ownerId === null) return [];
  const { limits } = await tx.user.findUniqueOrThrow({ where: { id: ownerId }, select: { limits: true } });
  return [{ whose: 'user', limits: limitsSchema.parse(limits) }];
}

function recordUpdate(change: Change, before: ApiKeyRecord, after: ApiKeyRecord): void {
  const { id, publicId, projectId } = before;
  const entry = { type: 'api_key.updated', target: { kind: 'api_key', id }, projectId } as const;
  if (change.record({ ...entry, before: keyFacts(before), after: keyFacts(after) })) change.outdates(`key:${publicId}`);
}

function cannotRotate(why: string): Fault {
  return new Fault('CONFLICT', { message: `The API key ${why}: it cannot be rotated.` });
}

function after(date: Date, ms: number): Date {
  return new Date(date.getTime() + ms);
}
