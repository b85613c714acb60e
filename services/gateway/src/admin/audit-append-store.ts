import type { Database } from '@sluice/prisma/client';
import { Prisma } from '@sluice/prisma/generated/client';
import { createId } from '@sluice/prisma/ids';
import { changesOf, type AuditEntry } from './audit-entry.ts';
import type { Requester } from './requester.ts';

/** Writes down what somebody did who administers, all of it or nothing. */
export async function appendAudit(
  db: Pick<Database, 'auditLog'>,
  entries: readonly AuditEntry[],
  { by, at }: { by: Requester; at?: Date },
): Promise<void> {
  const when = at ? { createdAt: at } : {};
  await db.auditLog.createMany({ data: entries.map((entry) => ({ ...toRow(entry, by), ...when })) });
}

function toRow(entry: AuditEntry, { principal, ipAddress, userAgent, requestId }: Requester): Prisma.AuditLogCreateManyInput {
  const { before, after } = changesOf(entry) ?? { before: null, after: null };
  return {
    id: createId('audit'),
    organizationId: principal.organizationId,
    type: entry.type,
    actorKind: principal.kind,
    actorId: principal.id,
    actorLabel: principal.label,
    projectId: entry.projectId ?? null,
    targetKind: entry.target.kind,
    targetId: entry.target.id,
    before: before ?? Prisma.DbNull,
    after: after ?? Prisma.DbNull,
    ipAddress,
    userAgent: userAgent ?? null,
    requestId,
  };
}
