import { linkSync, renameSync, rmSync } from 'node:fs';
import { errorCode } from './error-code.ts';
import { readJsonFile, writeJsonFile } from './json-file.ts';
import { identifyProcess, isRunning, processIdentitySchema, type ProcessIdentity } from './process-identity.ts';

export type Lock = { readonly release: () => void };
export type LockResult = { readonly kind: 'held'; readonly lock: Lock } | { readonly kind: 'taken'; readonly holder: ProcessIdentity };

/** Two processes may find the same stale lock; each round one of them gets further. */
const ROUNDS_MAX = 20;

/** Takes a lock file for as long as this process lives. A holder that has died, however it died, does not count. */
export function acquireLock(path: string, options: { mode: number } = { mode: 0o600 }): LockResult {
  const self = identifyProcess(process.pid);
  if (self === undefined) throw new Error('cannot read this process’ own start time');
  const mine = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  writeJsonFile(mine, self, options);
  try {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      if (linkOnce(mine, path)) return { kind: 'held', lock: { release: () => release(path, self) } };
      const holder = readJsonFile(path, processIdentitySchema);
      if (holder && isRunning(holder)) return { kind: 'taken', holder };
      takeAway(path, holder);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  throw new Error(`cannot lock ${path}: it keeps changing hands`);
}

/** The live holder of a lock file, if there is one. */
export function lockHolder(path: string): ProcessIdentity | undefined {
  const holder = readJsonFile(path, processIdentitySchema);
  return holder && isRunning(holder) ? holder : undefined;
}

/** A hard link appears whole or not at all, and never over an existing file. */
function linkOnce(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Moves a stale lock aside; when another process has renewed it in between, that one's lock is put back. */
function takeAway(path: string, stale: ProcessIdentity | undefined): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const moved = readJsonFile(aside, processIdentitySchema);
  if (moved && (moved.pid !== stale?.pid || moved.startedAt !== stale.startedAt)) linkOnce(aside, path);
  rmSync(aside, { force: true });
}

function release(path: string, self: ProcessIdentity): void {
  const holder = readJsonFile(path, processIdentitySchema);
  if (holder?.pid === self.pid && holder.startedAt === self.startedAt) rmSync(path, { force: true });
}
