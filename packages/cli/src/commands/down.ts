import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning } from '@sluice/stack/process-identity';
import { readStackState } from '@sluice/stack/stack-state';
import { stopLeftovers } from '@sluice/stack/stop-leftovers';
import type { Command } from '../command.ts';

/** The sum of what every part may take to stop. */
const DEADLINE_MS = 60_000;
const POLL_MS = 100;

/** Stops the stack of the home folder; what a killed one left behind, too. */
export const down: Command = async (_args, config) => {
  const state = readStackState(config.home);
  if (!state) return say(`Nothing is running in ${config.home.root}`);
  if (isRunning(state.supervisor)) {
    process.stdout.write('Stopping …\n');
    process.kill(state.supervisor.pid, 'SIGTERM');
    const endMs = performance.now() + DEADLINE_MS;
    while (isRunning(state.supervisor) && performance.now() < endMs) await sleep(POLL_MS);
    if (isRunning(state.supervisor)) {
      process.stderr.write(
        `Process ${state.supervisor.pid} has not stopped after ${DEADLINE_MS / 1000} s; see ${config.home.logFile('stack')}\n`,
      );
      return 1;
    }
    return say(`Stopped. Data stays in ${config.home.root}`);
  }
  const stopped = await stopLeftovers(state);
  return say(stopped.length > 0 ? `Stopped what was left running: ${stopped.join(', ')}` : `Nothing is running in ${config.home.root}`);
};

function say(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}
