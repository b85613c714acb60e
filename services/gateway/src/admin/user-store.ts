import { Fault } from '@sluice/platform/fault';
import type { Database } from '@sluice/prisma/client';
import type { User } from '@sluice/prisma/generated/client';
import type { Role } from '@sluice/prisma/generated/enums';
import { createId } from '@sluice/prisma/ids';
import { limitsSchema, type Limits } from '@sluice/prisma/limits';
import { revokeSessions } from '../auth/session-store.ts';
import type { Facts } from './audit-entry.ts';
import type { Change, Changes } from './change-store.ts';
import { applyLimits, requireStricter, type LimitChange } from './limit-bounds.ts';
import { notFound } from './not-found.ts';
import { readPage, type Page, type PageRequest } from './page.ts';
import { isAbove } from './permissions.ts';
import type { Requester } from './requester.ts';
import { requireRank } from './require-rank.ts';
import { revokeKeys } from './key-revoke-store.ts';
import { isDuplicate } from '../store-fault.ts';
import { withoutUndefined } from './without-undefined.ts';

export type UserRecord = Omit<User, 'limits' | 'passwordHash' | 'organizationId'> & {
  readonly limits: Limits;
  readonly hasPassword: boolean;
};

/** What is absent stays as it is. */
export type UserChange = {
  readonly name?: string | undefined;
  readonly role?: Role | undefined;
  readonly limits?: LimitChange | undefined;
  readonly passwordHash?: string | undefined;
  readonly isDisabled?: boolean | undefined;
};

type NewUser = { readonly email: string; readonly name: string; readonly role: Role; readonly passwordHash: string | null };
type UserFilter = { readonly emails: readonly string[] | undefined; readonly includesDisabled: boolean };

export type UserStore = ReturnType<typeof createUserStore>;

export function createUserStore(db: Database, changes: Changes) {
  return {
    create: async (by: Requester, user: NewUser): Promise<UserRecord> => {
      try {
        return await changes(by, async ({ tx, organizationId, record }) => {
          requireRank(by.principal.role, { to: user.role });
          const created = toRecord(await tx.user.create({ data: { id: createId('user'), organizationId, ...user } }));
          record({ type: 'user.added', ...targetOf(created.id), before: null, after: factsOf(created) });
          return created;
        });
      } catch (error) {
        if (!isDuplicate(error)) throw error;
        throw new Fault('ALREADY_EXISTS', { message: 'A user with this email exists already.', param: 'email', cause: error });
      }
    },

    /** Throws NOT_FOUND; for a disabled user, too, unless told otherwise. */
    find: async (organizationId: string, id: string, { includesDisabled }: Pick<UserFilter, 'includesDisabled'>): Promise<UserRecord> => {
      const row = await db.user.findFirst({ where: { id, organizationId, ...(includesDisabled ? {} : { disabledAt: null }) } });
      if (!row) throw notFound('user');
      return toRecord(row);
    },

    list: (organizationId: string, { emails, includesDisabled }: UserFilter, page: PageRequest): Promise<Page<UserRecord>> => {
      const filter = { ...(includesDisabled ? {} : { disabledAt: null }), ...(emails ? { email: { in: [...emails] } } : {}) };
      return readPage(page, {
        order: 'asc',
        placeOf: (id) => db.user.findFirst({ where: { id, organizationId } }),
        read: async (slice) => (await db.user.findMany({ ...slice, where: { organizationId, ...filter, ...slice.where } })).map(toRecord),
      });
    },

    /** When a key of each of these users was used last, of no more than a page of them; whoever has no such key is left out. */
    lastKeyUses: async (userIds: readonly string[]): Promise<ReadonlyMap<string, Date>> => {
      const where = { ownerId: { in: [...userIds] }, lastUsedAt: { not: null } };
      const uses = await db.apiKey.groupBy({ by: ['ownerId'], where, _max: { lastUsedAt: true } });
      return new Map(uses.flatMap(({ ownerId, _max: { lastUsedAt } }) => (ownerId && lastUsedAt ? [[ownerId, lastUsedAt] as const] : [])));
    },

    /** A user who is disabled, or whose password is set, is logged out everywhere; one who stops administering loses the keys of projects that they do not belong to. */
    change: (
      by: Requester,
      id: string,
      { isDisabled, limits, ...wanted }: UserChange,
      { includesDisabled }: Pick<UserFilter, 'includesDisabled'>,
    ) =>
      changes(by, async (change): Promise<UserRecord> => {
        const before = await requireUser(change, id, includesDisabled);
        requireRank(by.principal.role, { of: before.role, to: wanted.role });
        if (limits) await requireWithinOrganization(change, limits);
        const disabledAt = isDisabled === undefined ? undefined : isDisabled ? (before.disabledAt ?? change.now) : null;
        const data = withoutUndefined({ ...wanted, disabledAt, limits: limits && applyLimits(before.limits, limits) });
        const after = toRecord(await change.tx.user.update({ where: { id }, data }));
        await requireOwner(change);
        if (isAbove(before.role, 'member') && !isAbove(after.role, 'member')) await endKeysOfStranger(change, id);
        if (disabledAt || wanted.passwordHash !== undefined) await revokeSessions(change.tx, { userId: id, at: change.now });
        const password = wanted.passwordHash === undefined ? {} : { password: 'set' };
        const type = disabledAt && !before.disabledAt ? 'user.deleted' : 'user.updated';
        change.record({ type, ...targetOf(id), before: factsOf(before), after: { ...factsOf(after), ...password } });
        change.outdates(`user:${id}`);
        return after;
      }),
  };
}

async function requireUser({ tx, organizationId }: Change, id: string, includesDisabled: boolean): Promise<UserRecord> {
  const row = await tx.user.findFirst({ where: { id, organizationId } });
  if (!row || (row.disabledAt && !includesDisabled)) throw notFound('user');
  return toRecord(row);
}

async function requireWithinOrganization({ tx, organizationId }: Change, limits: LimitChange): Promise<void> {
  const organization = await tx.organization.findUniqueOrThrow({ where: { id: organizationId } });
  requireStricter(limits, [{ whose: 'organization', limits: limitsSchema.parse(organization.limits) }]);
}

/** Whoever is the last owner stays one: without any, nobody could make another. */
async function requireOwner({ tx, organizationId }: Change): Promise<void> {
  const owner = await tx.user.findFirst({ where: { organizationId, role: 'owner', disabledAt: null } });
  if (!owner) throw new Fault('CONFLICT', { message: 'The organization needs an owner, and this is its last one.' });
}

/** Whoever administered every project may hold keys of some that they are no member of. */
async function endKeysOfStranger(change: Change, userId: string): Promise<void> {
  const where = { ownerId: userId, revokedAt: null, project: { members: { none: { userId } } } };
  await revokeKeys(change, await change.tx.apiKey.findMany({ where }));
}

function toRecord({ id, email, name, role, limits, passwordHash, disabledAt, createdAt }: User): UserRecord {
  return { id, email, name, role, limits: limitsSchema.parse(limits), hasPassword: passwordHash !== null, disabledAt, createdAt };
}

function factsOf({ email, name, role, limits, hasPassword, disabledAt }: UserRecord): Facts {
  return { email, name, role, limits, hasPassword, disabledAt };
}

function targetOf(id: string) {
  return { target: { kind: 'user', id } } as const;
}
