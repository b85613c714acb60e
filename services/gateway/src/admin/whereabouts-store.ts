import type { Database } from '@sluice/prisma/client';

/** Which projects and keys are an organization's: what is not looks as if it did not exist. */
export function createWhereaboutsStore(db: Database) {
  return {
    has: async (organizationId: string, projectId: string): Promise<boolean> =>
      (await db.project.findFirst({ where: { id: projectId, organizationId }, select: { id: true } })) !== null,

    /** The project of a key, revoked or not; undefined when the organization has no such key. */
    ofKey: async (organizationId: string, keyId: string): Promise<string | undefined> => {
      const row = await db.apiKey.findFirst({ where: { id: keyId, project: { organizationId } }, select: { projectId: true } });
      return row?.projectId;
    },
  };
}
