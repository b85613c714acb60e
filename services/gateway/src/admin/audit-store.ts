import type { Database } from '@sluice/prisma/client';
import type { AuditLog, Prisma } from '@sluice/prisma/generated/client';
import { readPage, type Page, type PageRequest } from './page.ts';

/** A row of the audit log, and what is known today of whom and what it names. */
export type AuditEvent = AuditLog & {
  /** Behind an admin key: who it acts as. */
  readonly keyOwner: { readonly id: string; readonly email: string } | undefined;
  readonly projectName: string | undefined;
};

/** What is absent narrows nothing. */
export type AuditFilter = {
  /** From this instant on. */
  readonly startsAt?: Date | undefined;
  /** Up to, and without, this one. */
  readonly endsAt?: Date | undefined;
  readonly projectIds?: readonly string[] | undefined;
  readonly types?: readonly string[] | undefined;
  /** Users and admin keys; a user's are what their admin keys did, too. */
  readonly actorIds?: readonly string[] | undefined;
  readonly actorEmails?: readonly string[] | undefined;
  readonly targetIds?: readonly string[] | undefined;
};

export type AuditStore = { list(organizationId: string, filter: AuditFilter, page: PageRequest): Promise<Page<AuditEvent>> };

/** Of the users that a filter may name. */
const KEYS_MAX = 10_000;

export function createAuditStore(db: Database): AuditStore {
  return {
    /** The newest first. */
    list: async (organizationId, filter, page) => {
      const narrowed = await whereOf(db, organizationId, filter);
      const { items, hasMore } = await readPage(page, {
        order: 'desc',
        placeOf: (id) => db.auditLog.findFirst({ where: { id, organizationId } }),
        read: (slice) => db.auditLog.findMany({ ...slice, where: { AND: [{ organizationId }, narrowed, slice.where] } }),
      });
      return { items: await withNames(db, items), hasMore };
    },
  };
}

async function whereOf(db: Database, organizationId: string, filter: AuditFilter): Promise<Prisma.AuditLogWhereInput> {
  const { startsAt, endsAt, projectIds, types, actorIds, actorEmails, targetIds } = filter;
  return {
    ...(startsAt || endsAt ? { createdAt: { ...(startsAt ? { gte: startsAt } : {}), ...(endsAt ? { lt: endsAt } : {}) } } : {}),
    ...(projectIds ? { projectId: { in: [...projectIds] } } : {}),
    ...(types ? { type: { in: [...types] } } : {}),
    ...(targetIds ? { targetId: { in: [...targetIds] } } : {}),
    AND: [
      actorIds ? { actorId: { in: [...actorIds, ...(await keysOf(db, organizationId, { id: { in: [...actorIds] } }))] } } : {},
      actorEmails ? await byEmails(db, organizationId, [...actorEmails]) : {},
    ],
  };
}

async function byEmails(db: Database, organizationId: string, emails: string[]): Promise<Prisma.AuditLogWhereInput> {
  const keys = await keysOf(db, organizationId, { email: { in: emails } });
  return {
    OR: [
      { actorKind: 'user', actorLabel: { in: emails } },
      { actorKind: 'admin_api_key', actorId: { in: keys } },
    ],
  };
}

/** Deleted ones too: what they did remains. */
async function keysOf(db: Database, organizationId: string, owner: Prisma.UserWhereInput): Promise<string[]> {
  const keys = await db.adminApiKey.findMany({ where: { organizationId, owner }, select: { id: true }, take: KEYS_MAX });
  return keys.map(({ id }) => id);
}

async function withNames(db: Database, rows: readonly AuditLog[]): Promise<AuditEvent[]> {
  const keyIds = rows.flatMap(({ actorKind, actorId }) => (actorKind === 'admin_api_key' && actorId !== null ? [actorId] : []));
  const projectIds = rows.flatMap(({ projectId }) => projectId ?? []);
  const [keys, projects] = await Promise.all([
    db.adminApiKey.findMany({ where: { id: { in: keyIds } }, select: { id: true, owner: { select: { id: true, email: true } } } }),
    db.project.findMany({ where: { id: { in: projectIds } }, select: { id: true, name: true } }),
  ]);
  const owners = new Map(keys.map(({ id, owner }) => [id, owner]));
  const names = new Map(projects.map(({ id, name }) => [id, name]));
  return rows.map((row) => ({ ...row, keyOwner: owners.get(row.actorId ?? ''), projectName: names.get(row.projectId ?? '') }));
}
