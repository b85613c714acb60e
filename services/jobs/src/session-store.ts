import type { Database } from '@sluice/prisma/client';

export type SessionStore = {
  /** Deletes refresh tokens that expired more than a day ago, at most `rowsMax`; resolves to how many. */
  deleteExpired(rowsMax: number): Promise<number>;
};

export function createSessionStore(db: Database): SessionStore {
  return {
    deleteExpired: (rowsMax) => db.$executeRaw`
      DELETE FROM refresh_tokens WHERE id = ANY (ARRAY(
        SELECT id FROM refresh_tokens WHERE expires_at < now() - interval '1 day'
        ORDER BY expires_at LIMIT ${rowsMax}::int FOR UPDATE SKIP LOCKED
      ))`,
  };
}
