import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLog } from '@sluice/platform/log';
import { createDatabase, type Database } from '@sluice/prisma/client';
import { createTestDatabase, type TestDatabase } from '@sluice/testing/test-database';
import { createHistoryStore } from './history-store.ts';
import { keepPartitions } from './partition-keeper.ts';

const log = createLog({ service: 'test', level: 'silent' });

describe('the partition keeper', () => {
  let testDatabase: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    database = createDatabase(testDatabase.url, { poolMax: 2 });
  });
  afterAll(async () => {
    await database.$disconnect();
    await testDatabase.drop();
  });

  const partitions = async (): Promise<number> => {
    const rows = await database.$queryRaw<
      { count: bigint }[]
    >`SELECT count(*) AS count FROM pg_inherits WHERE inhparent = 'request_log'::regclass`;
    return Number(rows[0]?.count);
  };

  test('makes the days ahead when a gateway starts, and a second gateway adds none', async () => {
    const before = await partitions();
    const store = createHistoryStore(database);
    await Promise.all([keepPartitions({ store, log }).close(), keepPartitions({ store, log }).close()]);
    const after = await partitions();
    expect(after).toBeGreaterThan(before);
    await keepPartitions({ store, log }).close();
    expect(await partitions()).toBe(after);
  });

  test('a database that is away fails nothing', async () => {
    const store = { ensurePartitions: () => Promise.reject(new Error('away')) };
    await expect(keepPartitions({ store, log }).close()).resolves.toBeUndefined();
  });
});
