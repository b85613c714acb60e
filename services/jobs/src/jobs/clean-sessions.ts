import type { Job } from '../run-jobs.ts';
import type { SessionStore } from '../session-store.ts';

const BATCH_MAX = 1_000;
/** A million at most; the rest is for the next run. */
const ROUNDS_MAX = 1_000;

/** Deletes refresh tokens that have been worth nothing for more than a day. */
export function cleanSessions(store: SessionStore): Job {
  return {
    name: 'clean-sessions',
    run: async () => {
      let deleted = 0;
      for (let round = 0; round < ROUNDS_MAX; round++) {
        const count = await store.deleteExpired(BATCH_MAX);
        deleted += count;
        if (count < BATCH_MAX) break;
      }
      return { deleted };
    },
  };
}
