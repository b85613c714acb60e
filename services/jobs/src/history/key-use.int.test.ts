import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createLog } from '@sluice/platform/log';
import { createDatabase, type Database } from '@sluice/prisma/client';
import { seed } from '@sluice/prisma/seed';
import { PEPPER } from '@sluice/testing/pepper';
import { createTestDatabase, type TestDatabase } from '@sluice/testing/test-database';
import { requestRow } from '@sluice/testing/request-row';
import { KeyUseNotes } from './key-use-notes.ts';
import { createKeyUseStore, type KeyUseStore } from './key-use-store.ts';

const MINUTE_MS = 60_000;

let testDatabase: TestDatabase;
let db: Database;
let store: KeyUseStore;
let keyId: string;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  db = createDatabase(testDatabase.url, { poolMax: 4 });
  store = createKeyUseStore(db);
  await seed(db, { keyPepper: PEPPER });
  keyId = (await db.apiKey.findFirstOrThrow()).id;
});

afterAll(async () => {
  await db.$disconnect();
  await testDatabase.drop();
});

beforeEach(async () => {
  await db.apiKey.updateMany({ data: { lastUsedAt: null } });
});

async function lastUsedAt(): Promise<Date | null> {
  return (await db.apiKey.findUniqueOrThrow({ where: { id: keyId } })).lastUsedAt;
}

describe('the store of last uses', () => {
  test('notes the first use, and later ones at most once a minute', async () => {
    const start = new Date('2026-11-21T10:00:00Z');
    const after = (ms: number): Date => new Date(start.getTime() + ms);
    const noted: (Date | null)[] = [];
    for (const usedAt of [start, after(MINUTE_MS), after(MINUTE_MS + 1), after(-5 * MINUTE_MS)]) {
      expect(
        await store.note([
          { keyId, usedAt },
          { keyId: 'key_gone', usedAt },
        ]),
      ).toEqual([]);
      noted.push(await lastUsedAt());
    }
    expect(noted).toEqual([start, start, after(MINUTE_MS + 1), after(MINUTE_MS + 1)]);
  });

  test('waits for nobody who changes a key, and says that it did not note it', async () => {
    await db.$transaction(async (admin) => {
      await admin.apiKey.update({ where: { id: keyId }, data: { name: 'renamed' } });
      expect(await store.note([{ keyId, usedAt: new Date() }])).toEqual([keyId]);
    });
    expect(await store.note([{ keyId, usedAt: new Date() }])).toEqual([]);
    expect(await lastUsedAt()).not.toBeNull();
  });

  test('takes many notes of the same keys at a time, in any order', async () => {
    const others = Array.from({ length: 20 }, (_, i) => ({ id: `key_${i}`, publicId: `pub_${i}` }));
    const { id: _id, publicId: _publicId, ...key } = await db.apiKey.findUniqueOrThrow({ where: { id: keyId } });
    await db.apiKey.createMany({ data: others.map((other) => ({ ...key, ...other, limits: {} })) });
    const uses = others.map(({ id }) => ({ keyId: id, usedAt: new Date() }));
    await Promise.all(Array.from({ length: 12 }, (_, i) => store.note(i % 2 === 0 ? uses : uses.toReversed())));
    expect(await store.note(uses)).toEqual([]);
    expect(await db.apiKey.count({ where: { id: { startsWith: 'key_' }, lastUsedAt: null, publicId: { startsWith: 'pub_' } } })).toBe(0);
  });
});

describe('notes of last uses', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('are taken for many rows at once, the latest of each key, and again when a key was held or the database away', async () => {
    const calls: string[][] = [];
    const answers = [() => Promise.resolve(['a']), () => Promise.reject(new Error('away')), () => Promise.resolve([])];
    const notes = new KeyUseNotes({
      store: {
        note: (uses) => {
          calls.push(uses.map(({ keyId: id, usedAt }) => `${id} ${usedAt.getTime()}`));
          return answers.shift()?.() ?? Promise.resolve([]);
        },
      },
      log: createLog({ service: 'test', level: 'silent' }),
    });
    notes.saw([requestRow({ apiKeyId: 'a', createdAt: new Date(2) }), requestRow({ apiKeyId: 'b', createdAt: new Date(1) })]);
    notes.saw([requestRow({ apiKeyId: 'a', createdAt: new Date(1) })]);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(calls).toEqual([['a 2', 'b 1'], ['a 2'], ['a 2']]);
    notes.saw([requestRow({ apiKeyId: 'c', createdAt: new Date(3) })]);
    await notes.close();
    expect(calls.at(-1)).toEqual(['c 3']);
  });
});
