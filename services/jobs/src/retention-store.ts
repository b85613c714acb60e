import type { Database } from '@sluice/prisma/client';
import { dropRequestPartitions, ensureRequestPartitions } from '@sluice/prisma/partitions';

/** What is kept of the past. Every call is safe at any time, from any process. */
export type RetentionStore = {
  /** Makes the daily partitions of today and of `days` days after it where they are missing; resolves to how many it made. */
  makePartitions(days: number): Promise<number>;
  /** Drops the partitions of the days before the last `days` whole ones; resolves to how many. */
  dropPartitions(kept: { readonly table: 'request_log' | 'request_content'; readonly days: number }): Promise<number>;
  /** Deletes sums by hour from before the last `days` whole days, at most `rowsMax`; resolves to how many. */
  deleteUsageHours(kept: { readonly days: number; readonly rowsMax: number }): Promise<number>;
};

export function createRetentionStore(db: Database): RetentionStore {
  return {
    makePartitions: (days) => ensureRequestPartitions(db, days),
    dropPartitions: (kept) => dropRequestPartitions(db, kept),
    // Whoever adds to an old hour at this moment keeps it; the next run comes by.
    deleteUsageHours: ({ days, rowsMax }) => db.$executeRaw`
      DELETE FROM usage_hourly WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM usage_hourly
        WHERE hour < date_trunc('day', now(), 'UTC') - make_interval(days => ${days}::int)
        ORDER BY hour LIMIT ${rowsMax}::int FOR UPDATE SKIP LOCKED
      ))`,
  };
}
