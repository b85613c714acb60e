import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { requestRow } from '@sluice/testing/request-row';
import { createTestDatabase, type TestDatabase } from '@sluice/testing/test-database';
import { Client } from 'pg';
import { appendRequests } from './append-requests.ts';
import { createDatabase, type Database } from './client.ts';
import { readMigrations } from './migrations.ts';

let database: TestDatabase;
let db: Database;

beforeAll(async () => {
  database = await createTestDatabase();
  db = createDatabase(database.url, { poolMax: 1 });
});

afterAll(async () => {
  await db.$disconnect();
  await database.drop();
});

test('sums of old requests say afterwards what new ones say at once: how many reached a model', async () => {
  const model = 'other';
  await appendRequests(
    db,
    [{}, { tries: 2 }, { tries: 0 }, { tries: 0, model }, { model }, { createdAt: new Date('2026-01-01T12:00:00Z') }].map((change) =>
      requestRow({ createdAt: new Date('2026-01-02T12:00:00Z'), ...change }),
    ),
  );
  const sums = async () => [
    await db.usageHourly.findMany({ orderBy: [{ hour: 'asc' }, { model: 'asc' }] }),
    await db.usageDaily.findMany({ orderBy: [{ day: 'asc' }, { model: 'asc' }] }),
  ];
  const counted = await sums();
  expect(counted.map((rows) => rows.map(({ requests, modelRequests }) => [requests, modelRequests]))).toEqual(
    [1, 2].map(() => [
      [1n, 1n],
      [3n, 2n],
      [2n, 1n],
    ]),
  );
  const { sql = '' } = readMigrations().find(({ name }) => name.endsWith('_model_requests')) ?? {};
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    await client.query(`ALTER TABLE usage_hourly DROP COLUMN model_requests; ALTER TABLE usage_daily DROP COLUMN model_requests; ${sql}`);
  } finally {
    await client.end();
  }
  await db.$disconnect();
  expect(await sums()).toEqual(counted);
});
