import { setTimeout as sleep } from 'node:timers/promises';
import { signalProcess } from './child-process.ts';
import { POSTGRES_STOP_SIGNAL } from './postgres.ts';
import { isRunning } from './process-identity.ts';
import type { StackState } from './stack-state.ts';

const DEADLINE_MS = 20_000;
const POLL_MS = 50;

/** Stops what a killed stack left running, in the stack's own order, and returns the names. Only processes that are still the ones that were started. */
export async function stopLeftovers(state: StackState): Promise<readonly string[]> {
  const stopped: string[] = [];
  for (const { name, identity } of state.parts) {
    if (!isRunning(identity)) continue;
    stopped.push(name);
    signalProcess(identity.pid, name === 'postgres' ? POSTGRES_STOP_SIGNAL : 'SIGTERM');
    const endMs = performance.now() + DEADLINE_MS;
    while (isRunning(identity) && performance.now() < endMs) await sleep(POLL_MS);
    if (isRunning(identity)) signalProcess(-identity.pid, 'SIGKILL');
  }
  return stopped;
}
