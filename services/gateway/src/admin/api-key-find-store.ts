import type { Database } from '@sluice/prisma/client';
import { limitsSchema } from '@sluice/prisma/limits';
import type { Transaction } from './change-store.ts';
import { notFound } from './not-found.ts';
import { readPage, type Page, type PageRequest } from './page.ts';

/** Which key is meant: one of the organization's, or only of one project. */
export type KeyName = { readonly id: string; readonly projectId?: string };
/** Whether the key's owner may still use the project. */
export type OwnerAccess = 'active' | 'inactive';
export type ApiKeyRecord = ReturnType<typeof toRecord>;

type Reader = Database | Transaction;

/** A key as administration sees it, revoked or not. Throws NOT_FOUND. */
export async function findApiKey(db: Reader, organizationId: string, { id, projectId }: KeyName): Promise<ApiKeyRecord> {
  const where = { id, project: { organizationId }, ...(projectId === undefined ? {} : { projectId }) };
  const row = await db.apiKey.findFirst({ where, include: withOwner(projectId) });
  if (!row) throw notFound('API key');
  return toRecord(row);
}

/** The keys of a project that are not revoked. */
export async function listApiKeys(
  db: Database,
  { projectId, access }: { projectId: string; access: OwnerAccess | undefined },
  page: PageRequest,
): Promise<Page<ApiKeyRecord>> {
  const hasAccess = { OR: [{ ownerId: null }, { owner: isActiveIn(projectId) }] };
  const filter = access === undefined ? {} : access === 'active' ? hasAccess : { NOT: hasAccess };
  return readPage(page, {
    order: 'asc',
    placeOf: (id) => db.apiKey.findFirst({ where: { id, projectId } }),
    read: async (slice) => {
      const where = { AND: [{ projectId, revokedAt: null }, filter, slice.where] };
      return (await db.apiKey.findMany({ ...slice, where, include: withOwner(projectId) })).map(toRecord);
    },
  });
}

/** Who may administer every project needs to be a member of none. */
function isActiveIn(projectId: string) {
  return { disabledAt: null, OR: [{ role: { in: ['owner' as const, 'admin' as const] } }, { memberships: { some: { projectId } } }] };
}

function withOwner(projectId: string | undefined) {
  return {
    owner: { include: { memberships: { where: projectId === undefined ? {} : { projectId } } } },
    serviceAccount: true,
    rotatedTo: { select: { id: true } },
  } as const;
}

type Row = NonNullable<Awaited<ReturnType<typeof findRow>>>;

/** Only for its type. */
function findRow(db: Reader) {
  return db.apiKey.findFirst({ include: withOwner(undefined) });
}

function toRecord({ owner, serviceAccount, limits, ...row }: Row) {
  const roleInProject = owner?.memberships.find(({ projectId }) => projectId === row.projectId)?.role;
  const administers = owner?.role === 'owner' || owner?.role === 'admin';
  return {
    ...row,
    limits: limitsSchema.parse(limits),
    rotatedToId: row.rotatedTo?.id ?? null,
    serviceAccount,
    owner: owner && { id: owner.id, name: owner.name, email: owner.email, createdAt: owner.createdAt, role: roleInProject ?? owner.role },
    ownerHasAccess: owner ? !owner.disabledAt && (administers || roleInProject !== undefined) : !serviceAccount?.deletedAt,
  };
}
