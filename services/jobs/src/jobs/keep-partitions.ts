import type { JobsMetrics } from '../metrics.ts';
import type { RetentionStore } from '../retention-store.ts';
import type { Job } from '../run-jobs.ts';

export type Retention = { readonly historyDays: number; readonly contentDays: number; readonly usageHourlyDays: number };

/** Far enough ahead for two weeks of failed runs, which the log then tells of. */
const DAYS_AHEAD = 14;
const HOURS_ROWS_MAX = 5_000;
/** The rest is for the next run. */
const ROUNDS_MAX = 200;

/**
 * Keeps the history's daily partitions ahead of the days, and removes what is older than it is to be kept. Rows of a day
 * without a partition are kept in the default one, so a failure here loses nothing.
 */
export function keepPartitions(deps: { store: RetentionStore; retention: Retention; metrics: Pick<JobsMetrics, 'partitions'> }): Job {
  const { store, retention, metrics } = deps;
  return {
    name: 'keep-partitions',
    run: async () => {
      const made = await store.makePartitions(DAYS_AHEAD);
      metrics.partitions.inc({ action: 'made' }, made);
      const dropped =
        (await store.dropPartitions({ table: 'request_log', days: retention.historyDays })) +
        (await store.dropPartitions({ table: 'request_content', days: retention.contentDays }));
      metrics.partitions.inc({ action: 'dropped' }, dropped);
      return { made, dropped, usageHours: await deleteHours(store, retention.usageHourlyDays) };
    },
  };
}

async function deleteHours(store: RetentionStore, days: number): Promise<number> {
  let deleted = 0;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const count = await store.deleteUsageHours({ days, rowsMax: HOURS_ROWS_MAX });
    deleted += count;
    if (count < HOURS_ROWS_MAX) break;
  }
  return deleted;
}
