import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createDatabase, type Database } from '@sluice/prisma/client';
import { seed } from '@sluice/prisma/seed';
import { PEPPER } from '@sluice/testing/pepper';
import { createTestDatabase, type TestDatabase } from '@sluice/testing/test-database';
import { createSessionStore } from '../session-store.ts';
import { cleanSessions } from './clean-sessions.ts';

const HOUR_MS = 3_600_000;
const TASK = { id: '1', data: {}, queuedAt: new Date(), earlierTries: 0 };

let testDatabase: TestDatabase;
let db: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  db = createDatabase(testDatabase.url, { poolMax: 2 });
  await seed(db, { keyPepper: PEPPER });
});

afterAll(async () => {
  await db.$disconnect();
  await testDatabase.drop();
});

test('deletes refresh tokens that expired more than a day ago, all of them, and no other', async () => {
  const { id: userId } = await db.user.findFirstOrThrow();
  const token = (id: string, expiredHoursAgo: number) => ({
    id,
    familyId: 'family_1',
    userId,
    secretHash: 'a'.repeat(64),
    expiresAt: new Date(Date.now() - expiredHoursAgo * HOUR_MS),
  });
  const old = Array.from({ length: 2_500 }, (_, i) => token(`session_${i}`, 25));
  await db.refreshToken.createMany({ data: [...old, token('session_yesterday', 23), token('session_valid', -1)] });
  expect(await cleanSessions(createSessionStore(db)).run(TASK)).toEqual({ deleted: 2_500 });
  expect((await db.refreshToken.findMany({ orderBy: { id: 'asc' } })).map(({ id }) => id)).toEqual(['session_valid', 'session_yesterday']);
});
