import type { Database } from '@sluice/prisma/client';
import type { KeySnapshot } from './key-snapshot.ts';

/** Where keys come from. Undefined means that no such key was ever issued; a rejection, that nobody knows. */
export type KeyStore = {
  findByPublicId(publicId: string): Promise<KeySnapshot | undefined>;
};

export function createKeyStore(db: Database): KeyStore {
  return {
    findByPublicId: async (publicId) => {
      const row = await db.apiKey.findUnique({
        where: { publicId },
        select: {
          id: true,
          publicId: true,
          secretHash: true,
          projectId: true,
          scopes: true,
          expiresAt: true,
          revokedAt: true,
          project: { select: { archivedAt: true } },
        },
      });
      if (!row) return undefined;
      return {
        id: row.id,
        publicId: row.publicId,
        secretHash: row.secretHash,
        projectId: row.projectId,
        scopes: row.scopes.length > 0 ? new Set(row.scopes) : undefined,
        expiresAt: row.expiresAt ?? undefined,
        // The keys of an archived project end with it.
        revokedAt: row.revokedAt ?? row.project.archivedAt ?? undefined,
      };
    },
  };
}
