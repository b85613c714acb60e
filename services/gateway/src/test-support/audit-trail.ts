import type { AdminGateway } from './admin-gateway.ts';

/** What the audit log says of one thing, the oldest first: only what a test compares. */
export async function auditTrail({ db }: AdminGateway, targetId: string) {
  const rows = await db.auditLog.findMany({ where: { targetId }, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] });
  return rows.map(({ type, actorId, before, after }) => ({ type, actorId, before, after }));
}

/** The id by which the audit log knows an admin key. */
export async function keyIdOf({ db }: AdminGateway, { userId }: { userId: string }): Promise<string> {
  return (await db.adminApiKey.findFirstOrThrow({ where: { ownerId: userId } })).id;
}
