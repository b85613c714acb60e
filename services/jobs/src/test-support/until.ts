import { setTimeout as delay } from 'node:timers/promises';

const DEADLINE_MS = 25_000;
const STEP_MS = 10;

/** Asks again and again until there is an answer that is not undefined or false; a rejection is none. Rejects after 25 seconds. */
export async function until<T>(ask: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  const deadline = performance.now() + DEADLINE_MS;
  let reason: unknown;
  while (performance.now() < deadline) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      reason = error;
    }
    await delay(STEP_MS);
  }
  throw new Error(`nothing came of it in ${DEADLINE_MS} ms: ${ask.toString()}`, { cause: reason });
}
