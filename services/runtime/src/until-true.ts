import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 50;

/** Waits until the condition holds, `limitMs` at most; says whether it does. */
export async function untilTrue(condition: () => boolean, limitMs: number): Promise<boolean> {
  const endMs = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() >= endMs) return false;
    await sleep(Math.min(POLL_MS, limitMs));
  }
  return true;
}
