import type { Log } from '@sluice/platform/log';
import type { HistoryStore } from './history-store.ts';

/** Far enough ahead for a week of failed tries, which the log then tells of. */
const DAYS_AHEAD = 14;
const INTERVAL_MS = 6 * 60 * 60 * 1_000;

/**
 * Keeps the history's daily partitions ahead of the days. Every gateway may do it at once: making one that exists does
 * nothing. Rows of a day without a partition are kept in the default one, so a failure here loses nothing.
 */
export function keepPartitions({ store, log }: { store: Pick<HistoryStore, 'ensurePartitions'>; log: Log }): { close(): Promise<void> } {
  let running: Promise<void> = Promise.resolve();
  const ensure = async (): Promise<void> => {
    try {
      const made = await store.ensurePartitions(DAYS_AHEAD);
      if (made > 0) log.info({ made }, 'history partitions made');
    } catch (error) {
      log.warn({ err: error }, 'history partitions could not be made; trying again later');
    }
  };
  const begin = (): void => {
    running = ensure();
  };
  begin();
  const timer = setInterval(begin, INTERVAL_MS);
  return {
    async close() {
      clearInterval(timer);
      await running;
    },
  };
}
