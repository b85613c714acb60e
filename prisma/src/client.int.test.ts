import { expect, test } from '@jest/globals';
import { createTestDatabase } from '@sluice/testing/test-database';
import { createDatabase } from './client.ts';

const INSTANT = new Date('2026-03-29T01:30:00.250Z');

test('an instant stays the same on a server that is set to another time zone', async () => {
  await using testDatabase = await createTestDatabase();
  const setUp = createDatabase(testDatabase.url, { poolMax: 1 });
  await setUp.$executeRaw`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET TimeZone TO ''Asia/Kolkata''', current_database()); END $$`;
  await setUp.$disconnect();
  const db = createDatabase(testDatabase.url, { poolMax: 1 });
  try {
    const rows = await db.$queryRaw<
      { read: Date; epochMs: bigint }[]
    >`SELECT '2026-03-29T01:30:00.250Z'::timestamptz AS read, (extract(epoch FROM ${INSTANT}::timestamptz) * 1000)::bigint AS "epochMs"`;
    expect(rows).toEqual([{ read: INSTANT, epochMs: BigInt(INSTANT.getTime()) }]);
  } finally {
    await db.$disconnect();
  }
});
