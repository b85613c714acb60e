import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readJsonFile } from '@sluice/stack/json-file';
import { acquireLock } from '@sluice/stack/lock';
import { waitUntil } from '@sluice/stack/wait-until';
import { z } from 'zod';

const serversSchema = z.object({
  /** A database with the whole schema and no rows, to clone; nothing may connect to it. */
  templateName: z.string(),
  /** Where databases can be made. */
  serverUrl: z.string(),
  redisUrl: z.string(),
});
export type TestServers = z.infer<typeof serversSchema>;

/** Set by jest-global-setup.ts for all workers: the folder through which they share the servers. */
export const FOLDER_VARIABLE = 'SLUICE_TEST_FOLDER';
const START_DEADLINE_MS = 25_000;

/** The Postgres and Redis of this jest run, started by whoever asks first: a run of pure tests starts none. */
export async function testServers(): Promise<TestServers> {
  const folder = process.env[FOLDER_VARIABLE];
  if (folder === undefined) throw new Error(`${FOLDER_VARIABLE} is not set: run the tests with ./sluice test`);
  const { servers, lock, log } = filesIn(folder);
  // The lock is never given back while this worker lives, so exactly one keeper starts.
  if (!readJsonFile(servers, serversSchema) && acquireLock(lock).kind === 'held') startKeeper(folder, log);
  const failed = (error: unknown): boolean => error instanceof KeeperFailure;
  return waitUntil('Postgres and Redis for tests', async () => readServers(servers, log), {
    deadlineMs: START_DEADLINE_MS,
    isFinal: failed,
  });
}

/** The files of a shared folder. */
export function filesIn(folder: string): { servers: string; lock: string; log: string; keeper: string; owner: string } {
  const file = (name: string): string => join(folder, name);
  return {
    servers: file('servers.json'),
    lock: file('lock'),
    log: file('keeper.log'),
    keeper: file('keeper.json'),
    owner: file('owner.json'),
  };
}

class KeeperFailure extends Error {
  override readonly name = 'KeeperFailure';
}

function readServers(servers: string, log: string): TestServers | undefined {
  const found = readJsonFile(servers, serversSchema);
  const said = found ? '' : readFileSync(log, { encoding: 'utf8', flag: 'a+' });
  if (said.trim() !== '') throw new KeeperFailure(`the servers for tests did not start:\n${said}`);
  return found;
}

/** A process of its own, because the worker that asks first may end long before the run does. */
function startKeeper(folder: string, logFile: string): void {
  const log = openSync(logFile, 'a');
  const script = fileURLToPath(new URL('keep-test-servers.ts', import.meta.url));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, folder], {
    detached: true,
    stdio: ['ignore', log, log],
    env: process.env,
  });
  child.unref();
  closeSync(log);
}
