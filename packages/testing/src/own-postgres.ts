import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '@sluice/prisma/migrate';
import { claimPort } from '@sluice/stack/ports';
import { startPostgres, type Postgres } from '@sluice/stack/postgres';
import { Client } from 'pg';

/** A Postgres that a test may trouble as it likes. */
export type OwnPostgres = AsyncDisposable & {
  /** A database with all migrations applied and no rows. */
  readonly url: string;
  /** Runs SQL as the owner of the server, e.g. `ALTER SYSTEM`. */
  run(sql: string): Promise<void>;
  /** Ends the process; its data stays on disk. */
  stop(): Promise<void>;
  /** Starts it again with the data it had; one that runs goes on. */
  start(): Promise<void>;
};

/** Starts a Postgres of the caller's own. Takes some seconds: most tests are better off with createTestDatabase. */
export async function startOwnPostgres(): Promise<OwnPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-own-postgres-'));
  // The postgres user must reach the cluster in it.
  chmodSync(folder, 0o711);
  const claim = await claimPort(0);
  const start = (): Promise<Postgres> =>
    startPostgres({
      data: join(folder, 'postgres'),
      port: claim.port,
      password: 'test',
      logFile: join(folder, 'postgres.log'),
      env: process.env,
      isDisposable: true,
    });
  let postgres = await start();
  const { url } = postgres;
  await migrate(url);
  return {
    url,
    run: (sql) => runOn(url, sql),
    stop: () => postgres.child.stop(),
    start: async () => {
      if (postgres.child.exitSignal.aborted) postgres = await start();
    },
    [Symbol.asyncDispose]: async () => {
      await postgres.child.stop();
      claim.release();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function runOn(url: string, sql: string): Promise<void> {
  // Also on a server that was made read-only.
  const client = new Client({ connectionString: url, options: '-c default_transaction_read_only=off' });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
