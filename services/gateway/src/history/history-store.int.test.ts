import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createDatabase, type Database } from '@sluice/prisma/client';
import { createTestDatabase, type TestDatabase } from '@sluice/testing/test-database';
import { requestRow } from '../test-support/request-row.ts';
import { createHistoryStore } from './history-store.ts';

describe('the history store', () => {
  let testDatabase: TestDatabase;
  let db: Database;
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    db = createDatabase(testDatabase.url, { poolMax: 2 });
  });
  afterAll(async () => {
    await db.$disconnect();
    await testDatabase.drop();
  });

  test('writes a row once, however often it is sent', async () => {
    const row = requestRow({ completionTokens: 5 });
    const store = createHistoryStore(db);
    expect(await store.append([row])).toBe('written');
    expect(await store.append([row])).toBe('written');
    expect(await db.requestLog.findMany({ where: { requestId: row.requestId } })).toMatchObject([
      { requestId: row.requestId, completionTokens: 5 },
    ]);
  });

  test('says of a row that Postgres cannot hold that it is refused', async () => {
    const row = requestRow({ userAgent: 'nul \u0000 byte' });
    expect(await createHistoryStore(db).append([row])).toBe('refused');
  });

  test('rejects while the database is away: another try may work', async () => {
    const away = createDatabase('postgresql://nobody@127.0.0.1:1/none', { poolMax: 1 });
    await expect(createHistoryStore(away).append([requestRow()])).rejects.toThrow();
    await away.$disconnect();
  });
});
