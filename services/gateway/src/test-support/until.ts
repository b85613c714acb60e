import { setTimeout as delay } from 'node:timers/promises';

const DEADLINE_MS = 10_000;
const STEP_MS = 5;

/** Asks again and again until there is an answer that is not undefined or false. Rejects after ten seconds. */
export async function until<T>(ask: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  const deadline = performance.now() + DEADLINE_MS;
  while (performance.now() < deadline) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    await delay(STEP_MS);
  }
  throw new Error(`nothing came of it in ${DEADLINE_MS} ms: ${ask.toString()}`);
}
