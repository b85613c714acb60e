import { appendRequests, type RequestRow } from '@sluice/prisma/append-requests';
import type { Database } from '@sluice/prisma/client';
import { isRowFault } from '@sluice/prisma/row-fault';

/** `refused` means that a row among them is at fault and would be refused again; a rejection, that a later try may work. */
export type HistoryStore = {
  append(
    rows: readonly RequestRow[],
  ): Promise<{ readonly kind: 'written'; readonly newRows: number } | { readonly kind: 'refused'; readonly reason: string }>;
};

export function createHistoryStore(db: Database): HistoryStore {
  return {
    append: async (rows) => {
      try {
        return { kind: 'written', newRows: await appendRequests(db, rows) };
      } catch (error) {
        if (!isRowFault(error)) throw error;
        return { kind: 'refused', reason: error instanceof Error ? error.message.slice(-REASON_LENGTH_MAX) : String(error) };
      }
    },
  };
}

/** The end of Prisma's message is what Postgres said. */
const REASON_LENGTH_MAX = 300;
