import type { RequestRow } from '@sluice/prisma/append-requests';
import { packedBatchSchema, requestRowSchema } from '@sluice/prisma/history-batch';
import type { HistoryWriter } from '../history/history-writer.ts';
import type { Job } from '../run-jobs.ts';

/** Writes a batch of finished requests into the history. Ends only when every row is written or set aside: it tries for as long as the database is away. */
export function appendHistory(writer: Pick<HistoryWriter, 'write' | 'setAside'>): Job {
  return {
    name: 'append-history',
    run: async ({ data }) => {
      const batch = packedBatchSchema.safeParse(data);
      if (!batch.success) {
        await writer.setAside({ reason: 'not a batch of rows', row: undefined });
        return { rows: 0, refused: 1 };
      }
      const rows: RequestRow[] = [];
      let refused = 0;
      for (const each of batch.data.rows) {
        const row = requestRowSchema.safeParse(each);
        if (row.success) rows.push(row.data);
        else {
          refused += 1;
          await writer.setAside({ reason: `not a row: ${row.error.issues.map(({ path }) => path.join('.')).join(', ')}`, row: each });
        }
      }
      await writer.write(rows);
      return { rows: rows.length, refused };
    },
  };
}
