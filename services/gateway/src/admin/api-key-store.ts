import type { Database } from '@sluice/prisma/client';

/** The project of a key, revoked or not; undefined when the organization has no such key. */
export async function findProjectOfKey(db: Database, organizationId: string, keyId: string): Promise<string | undefined> {
  const row = await db.apiKey.findFirst({ where: { id: keyId, project: { organizationId } }, select: { projectId: true } });
  return row?.projectId;
}
