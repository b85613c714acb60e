import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** The names of stores begin so; then comes the process that made them. */
export const STORE_NAME = 'sluice-prefixes-';

/** Removes the stores of processes that have ended without doing it themselves: memory would be lost to them for good. */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = Number(new RegExp(`^${STORE_NAME}(\\d+)-`).exec(name)?.[1]);
    if (pid > 0 && !isAlive(pid)) await rm(join(folder, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // One that may not be asked is there.
    return error instanceof Object && 'code' in error && error.code === 'EPERM';
  }
}
