import type { Database } from '@sluice/prisma/client';
import type { Principal } from '../auth/principal.ts';

export type AdminKeyRecord = {
  readonly id: string;
  readonly secretHash: string;
  readonly redactedValue: string;
  readonly expiresAt: Date | undefined;
  /** It ends with its owner, too. */
  readonly revokedAt: Date | undefined;
  readonly lastUsedAt: Date | undefined;
  /** Whom it acts as, as they stand this moment. */
  readonly owner: Pick<Principal, 'userId' | 'organizationId' | 'role' | 'projectRoles'>;
};

/** Admin keys as whoever presents one is judged by. */
export type AdminKeyLookupStore = {
  find(publicId: string): Promise<AdminKeyRecord | undefined>;
  markUsed(keyId: string, at: Date): Promise<void>;
};

export function createAdminKeyLookupStore(db: Database): AdminKeyLookupStore {
  return {
    find: async (publicId) => {
      const row = await findRow(db, publicId);
      if (!row) return undefined;
      const { id, secretHash, redactedValue, owner } = row;
      return {
        id,
        secretHash,
        redactedValue,
        expiresAt: row.expiresAt ?? undefined,
        revokedAt: row.revokedAt ?? owner.disabledAt ?? undefined,
        lastUsedAt: row.lastUsedAt ?? undefined,
        owner: {
          userId: owner.id,
          organizationId: owner.organizationId,
          role: owner.role,
          projectRoles: new Map(owner.memberships.map(({ projectId, role }) => [projectId, role])),
        },
      };
    },
    markUsed: async (keyId, at) => {
      await db.adminApiKey.updateMany({ where: { id: keyId }, data: { lastUsedAt: at } });
    },
  };
}

function findRow(db: Database, publicId: string) {
  return db.adminApiKey.findUnique({
    where: { publicId },
    include: {
      owner: {
        select: {
          id: true,
          organizationId: true,
          role: true,
          disabledAt: true,
          memberships: { select: { projectId: true, role: true }, where: { project: { archivedAt: null } } },
        },
      },
    },
  });
}
