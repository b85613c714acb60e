import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { readJsonFile } from '@sluice/stack/json-file';
import { isRunning, processIdentitySchema } from '@sluice/stack/process-identity';
import { FOLDER_VARIABLE, filesIn } from './test-servers.ts';

const STOP_DEADLINE_MS = 20_000;
const POLL_MS = 50;

/** Stops the servers of the run, if any were started, and removes their folder. */
export default async function jestGlobalTeardown(): Promise<void> {
  const folder = process.env[FOLDER_VARIABLE];
  if (folder === undefined) return;
  const keeper = readJsonFile(filesIn(folder).keeper, processIdentitySchema);
  if (keeper && isRunning(keeper)) {
    process.kill(keeper.pid, 'SIGTERM');
    const endMs = performance.now() + STOP_DEADLINE_MS;
    while (isRunning(keeper) && performance.now() < endMs) await sleep(POLL_MS);
  }
  rmSync(folder, { recursive: true, force: true });
}
