import type { Database } from '@sluice/prisma/client';

type KeyUse = { readonly keyId: string; readonly usedAt: Date };

export type KeyUseStore = {
  /**
   * Notes when keys were last used, for those whose note is more than a minute older. Waits for nobody: resolves to the ids
   * of keys that somebody else is changing at this moment, to be tried again.
   */
  note(uses: readonly KeyUse[]): Promise<readonly string[]>;
};

export function createKeyUseStore(db: Database): KeyUseStore {
  return {
    note: async (uses) => {
      const rows = await db.$queryRaw<{ id: string }[]>`
        WITH used AS (
          SELECT * FROM json_to_recordset(${JSON.stringify(uses)}::json) AS u ("keyId" text, "usedAt" timestamptz(3))
        ), due AS (
          SELECT k.id, u."usedAt" FROM api_keys k JOIN used u ON u."keyId" = k.id
          WHERE k.last_used_at IS NULL OR k.last_used_at < u."usedAt" - interval '1 minute'
        ), free AS (
          SELECT k.id, due."usedAt" FROM api_keys k JOIN due ON due.id = k.id
          ORDER BY k.id FOR NO KEY UPDATE OF k SKIP LOCKED
        ), noted AS (
          UPDATE api_keys k SET last_used_at = free."usedAt" FROM free WHERE k.id = free.id RETURNING k.id
        )
        SELECT id FROM due EXCEPT SELECT id FROM noted`;
      return rows.map(({ id }) => id);
    },
  };
}
