import { waitUntil } from '@sluice/stack/wait-until';

/** Ample on a machine that is busy with other tests, and less than a test may take, so that it fails with what did not come. */
const DEADLINE_MS = 25_000;
const INTERVAL_MS = 10;

/** Asks again and again until there is an answer that is not undefined or false; a rejection is none. Rejects at the deadline, for the reason of the last rejection. */
export function until<T>(ask: () => T | undefined | false | Promise<T | undefined | false>, deadlineMs = DEADLINE_MS): Promise<T> {
  const probe = async (): Promise<T | undefined> => {
    const answer = await ask();
    return answer === false ? undefined : answer;
  };
  return waitUntil(`answer to ${ask.toString()}`, probe, { deadlineMs, intervalMs: INTERVAL_MS });
}
