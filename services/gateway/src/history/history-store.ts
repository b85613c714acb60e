import { appendRequests, type RequestRow } from '@sluice/prisma/append-requests';
import type { Database } from '@sluice/prisma/client';
import { ensureRequestPartitions } from '@sluice/prisma/partitions';

/** `refused` means that these rows themselves are at fault and would be refused again; a rejection, that a later try may work. */
export type HistoryStore = {
  append(rows: readonly RequestRow[]): Promise<'written' | 'refused'>;
  /** Makes the daily partitions of today and `days` days after it where they are missing; resolves to how many it made. */
  ensurePartitions(days: number): Promise<number>;
};

export function createHistoryStore(db: Database): HistoryStore {
  return {
    ensurePartitions: (days) => ensureRequestPartitions(db, days),
    append: async (rows) => {
      try {
        await appendRequests(db, rows);
        return 'written';
      } catch (error) {
        if (isFaultOfRows(error)) return 'refused';
        throw error;
      }
    },
  };
}

/** SQLSTATE classes 22 (data exception) and 23 (constraint violation) speak of the rows, all others of the database's day. */
function isFaultOfRows(error: unknown): boolean {
  return /^2[23]/.test(sqlStateOf(error) ?? '');
}

function sqlStateOf(error: unknown): string | undefined {
  let current: unknown = error;
  for (const key of ['meta', 'driverAdapterError', 'cause', 'originalCode']) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = Reflect.get(current, key);
  }
  return typeof current === 'string' ? current : undefined;
}
