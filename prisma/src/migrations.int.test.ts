import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createBareDatabase, type TestDatabase } from '@sluice/testing/test-database';
import { Client } from 'pg';
import { migrate } from './migrate.ts';
import { readMigrations } from './migrations.ts';

/** A cold start of Prisma's command line and of the engine, on a machine that is busy with other tests. */
const CLI_TIMEOUT_MS = 60_000;
const SCHEMA = fileURLToPath(new URL('../schema.prisma', import.meta.url));

let database: TestDatabase;

beforeAll(async () => {
  database = await createBareDatabase();
});

afterAll(() => database.drop());

describe('migrate', () => {
  test('brings an empty database up to date, once, however many ask', async () => {
    const applied = await Promise.all([migrate(database.url), migrate(database.url), migrate(database.url)]);
    expect(applied.flat()).toEqual(readMigrations().map(({ name }) => name));
    expect(await migrate(database.url)).toEqual([]);
  });

  test('says why it cannot', async () => {
    const url = new URL(database.url);
    url.password = 'wrong';
    await expect(migrate(url.href)).rejects.toThrow('password authentication failed');
  });
});

describe('prisma’s command line on the offline engine', () => {
  test(
    'calls the database that migrate() made up to date',
    async () => {
      expect(await prisma('migrate', 'status')).toContain('Database schema is up to date!');
    },
    CLI_TIMEOUT_MS,
  );

  test(
    'finds nothing between the database and schema.prisma',
    async () => {
      await prisma('migrate', 'diff', '--from-config-datasource', '--to-schema', SCHEMA, '--exit-code');
    },
    CLI_TIMEOUT_MS,
  );

  test(
    'finds a column that the schema does not have',
    async () => {
      await execute('ALTER TABLE tiers ADD COLUMN surprise text');
      const diff = prisma('migrate', 'diff', '--from-config-datasource', '--to-schema', SCHEMA, '--exit-code');
      await expect(diff).rejects.toMatchObject({ code: 2, stdout: expect.stringContaining('surprise') });
      await execute('ALTER TABLE tiers DROP COLUMN surprise');
    },
    CLI_TIMEOUT_MS,
  );

  test(
    'deploys to a database that does not exist yet',
    async () => {
      const url = new URL(database.url);
      url.pathname += '_deployed';
      try {
        expect(await prismaOn(url.href, 'migrate', 'deploy')).toContain('All migrations have been successfully applied.');
      } finally {
        await execute(`DROP DATABASE "${url.pathname.slice(1)}"`);
      }
    },
    CLI_TIMEOUT_MS,
  );

  test(
    'compares two schema files without any database',
    async () => {
      expect(await prismaOn('', 'migrate', 'diff', '--from-empty', '--to-schema', SCHEMA, '--script')).toContain(
        'CREATE TABLE "request_log"',
      );
    },
    CLI_TIMEOUT_MS,
  );

  test(
    'says that a database cannot be reached',
    async () => {
      const status = prismaOn('postgres://nobody:none@127.0.0.1:1/none', 'migrate', 'status');
      await expect(status).rejects.toMatchObject({ stderr: expect.stringContaining('P1001') });
    },
    CLI_TIMEOUT_MS,
  );
});

function prisma(...args: string[]): Promise<string> {
  return prismaOn(database.url, ...args);
}

async function prismaOn(url: string, ...args: string[]): Promise<string> {
  const cli = fileURLToPath(new URL('prisma-cli.ts', import.meta.url));
  return (await promisify(execFile)(process.execPath, [cli, ...args], { env: { ...process.env, DATABASE_URL: url } })).stdout;
}

async function execute(sql: string): Promise<void> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
