import { expect, test } from '@jest/globals';
import { createDatabase, type Database } from '@sluice/prisma/client';
import { createTestDatabase } from '@sluice/testing/test-database';
import { storeFault } from './store-fault.ts';

const UNAVAILABLE = { code: 'STORE_UNAVAILABLE' };

/** What is said of what the query rejects with. */
const faultOf = (query: Promise<unknown>): Promise<unknown> => query.then(() => undefined, storeFault);

const raw = (db: Database): Promise<unknown> => db.$queryRaw`SELECT 1`;

test('a database that is away can be asked again later, whichever way it was asked', async () => {
  const db = createDatabase('postgresql://nobody@127.0.0.1:1/none', { poolMax: 1 });
  expect(await faultOf(db.tier.findMany())).toMatchObject(UNAVAILABLE);
  expect(await faultOf(raw(db))).toMatchObject(UNAVAILABLE);
  await db.$disconnect();
});

test('so can one whose connections stay busy, or that ends one', async () => {
  await using testDatabase = await createTestDatabase();
  const db = createDatabase(testDatabase.url, { poolMax: 1 });
  const busy = faultOf(db.$queryRaw`SELECT pg_sleep(6)::text`);
  expect(await faultOf(raw(db))).toMatchObject(UNAVAILABLE);
  expect(await busy).toBeUndefined();
  expect(await faultOf(db.$queryRaw`SELECT pg_terminate_backend(pg_backend_pid())`)).toMatchObject(UNAVAILABLE);
  await db.$disconnect();
});

test('a mistake of ours stays what it is', async () => {
  await using testDatabase = await createTestDatabase();
  const db = createDatabase(testDatabase.url, { poolMax: 1 });
  expect(await faultOf(db.$queryRaw`SELECT nothing FROM nowhere`)).not.toMatchObject(UNAVAILABLE);
  await db.$disconnect();
});

test.each([
  'timeout exceeded when trying to connect',
  'Connection terminated unexpectedly',
  'Client has encountered a connection error and is not queryable',
])('a pooled connection that was cut is a store that is away: %s', (text) => {
  expect(storeFault(new Error(text))).toMatchObject({ code: 'STORE_UNAVAILABLE', internal: text });
});
