import type { Prisma } from '../generated/client.ts';
import { createId } from './ids.ts';

/** What the seed made or changed, in the words of the audit log. Never holds a secret or its hash. */
type SeedEvent = {
  readonly type: string;
  readonly target: { readonly kind: string; readonly id: string };
  readonly projectId?: string;
  readonly after: Prisma.InputJsonObject;
};

/** A seed on its way: nothing of it is there before all of it is, its rows of the audit log included. */
export type Seeding = {
  readonly tx: Prisma.TransactionClient;
  readonly keyPepper: string;
  readonly record: (event: SeedEvent) => void;
};

const ACTOR = { actorKind: 'system', actorLabel: 'seed' } as const;

/** Runs a seed and puts what it recorded into the audit log of the organization that it resolves to. */
export async function audited<Result extends { readonly organizationId: string }>(
  { tx, keyPepper }: Omit<Seeding, 'record'>,
  run: (seeding: Seeding) => Promise<Result>,
): Promise<Result> {
  const events: SeedEvent[] = [];
  const result = await run({ tx, keyPepper, record: (event) => void events.push(event) });
  const { organizationId } = result;
  await tx.auditLog.createMany({
    data: events.map((event) => toRow(event, organizationId)),
  });
  return result;
}

function toRow({ type, target, projectId, after }: SeedEvent, organizationId: string): Prisma.AuditLogCreateManyInput {
  const where = { organizationId, projectId: projectId ?? null, targetKind: target.kind, targetId: target.id };
  return { id: createId('audit'), type, ...ACTOR, ...where, after };
}

/** The project that an earlier seed made under this name, whatever it is called today. */
export async function findSeededProject(tx: Prisma.TransactionClient, organizationId: string, name: string): Promise<string | undefined> {
  const where = { organizationId, type: 'project.created', ...ACTOR, after: { path: ['name'], equals: name } };
  return (await tx.auditLog.findFirst({ where, select: { targetId: true } }))?.targetId;
}

/** Those of the ids that nobody has deleted on purpose. */
export async function notDeleted(tx: Prisma.TransactionClient, kind: 'tier' | 'price', ids: readonly string[]): Promise<readonly string[]> {
  const rows = await tx.auditLog.findMany({ where: { type: `${kind}.deleted`, targetId: { in: [...ids] } }, select: { targetId: true } });
  const deleted = new Set(rows.map(({ targetId }) => targetId));
  return ids.filter((id) => !deleted.has(id));
}
