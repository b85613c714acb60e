import { execFile } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { startChild, type Child } from './child-process.ts';
import { PartFailure } from './part-failure.ts';
import { findPostgresPlace, type PostgresPlace } from './postgres-place.ts';
import { waitUntil } from './wait-until.ts';

export type Postgres = { readonly url: string; readonly child: Child };

export type PostgresOptions = {
  readonly data: string;
  readonly port: number;
  readonly password: string;
  readonly logFile: string;
  readonly env: NodeJS.ProcessEnv;
  /** For tests: faster, and a crash of the machine may lose everything. */
  readonly isDisposable?: boolean;
  /** Told before the slow first start. */
  readonly onCreate?: () => void;
};

/** "Fast" shutdown. SIGTERM would wait until every client has left. */
export const POSTGRES_STOP_SIGNAL = 'SIGINT';

const USER = 'sluice';
const DATABASE = 'sluice';
const START_DEADLINE_MS = 30_000;
const STOP_DEADLINE_MS = 20_000;
/** Leaves room for several gateways and test workers; an idle slot costs a few hundred bytes. */
const CONNECTIONS_MAX = 200;
const DISPOSABLE_SETTINGS = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];

/** Where an embedded Postgres will take connections, or does. */
export function postgresUrl(server: { port: number; password: string }, database: string = DATABASE): string {
  return `postgres://${USER}:${server.password}@127.0.0.1:${server.port}/${database}`;
}

/** Starts the embedded Postgres on the loopback interface, making its cluster and the database `sluice` at first, and resolves when it takes connections. */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const place = await findPostgresPlace(options.data);
  if (!existsSync(join(place.data, 'PG_VERSION'))) {
    options.onCreate?.();
    await createCluster(place, options);
  }
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    `max_connections=${CONNECTIONS_MAX}`,
    ...(options.isDisposable ? DISPOSABLE_SETTINGS : []),
  ];
  const child = await startChild({
    name: 'postgres',
    command: place.postgres,
    args: ['-D', place.data, '-p', String(options.port), ...settings.flatMap((setting) => ['-c', setting])],
    env: options.env,
    cwd: '/',
    logFile: options.logFile,
    user: place.user,
    stopSignal: POSTGRES_STOP_SIGNAL,
    stopDeadlineMs: STOP_DEADLINE_MS,
  });
  try {
    await waitUntil('connection', () => ensureDatabase(postgresUrl(options, 'postgres')), {
      deadlineMs: START_DEADLINE_MS,
      signal: child.exitSignal,
    });
  } catch (error) {
    await child.stop();
    throw new PartFailure(child, error);
  }
  return { url: postgresUrl(options), child };
}

async function ensureDatabase(serverUrl: string): Promise<true> {
  const client = new Client({ connectionString: serverUrl, connectionTimeoutMillis: 2_000 });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(DATABASE)}`);
    return true;
  } finally {
    await client.end();
  }
}

/** Works beside the final place and renames, so that an interrupted first start leaves nothing half-made. */
async function createCluster(place: PostgresPlace, options: PostgresOptions): Promise<void> {
  if (existsSync(place.data)) rmdirSync(place.data);
  const draft = `${place.data}.new`;
  const passwordFile = `${place.data}.password`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  writeFileSync(passwordFile, options.password, { mode: 0o600 });
  if (place.user) for (const path of [draft, passwordFile]) chownSync(path, place.user.uid, place.user.gid);
  const args = [
    '-D',
    draft,
    '-U',
    USER,
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--encoding=UTF8',
    '--no-locale',
    ...(options.isDisposable ? ['--no-sync'] : []),
  ];
  try {
    await promisify(execFile)(place.initdb, args, { env: options.env, cwd: '/', ...place.user });
  } catch (error) {
    throw new Error(
      `a new Postgres cluster could not be made in ${place.data}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(draft, place.data);
}
