import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseApiKey, matchesApiKeyHash } from '@sluice/platform/api-key';
import { createDatabase, type Database } from '@sluice/prisma/client';
import { createId } from '@sluice/prisma/ids';
import { seed } from '@sluice/prisma/seed';
import { createTestDatabase, type TestDatabase } from '@sluice/testing/test-database';
import { createKeyStore } from './key-store.ts';
import { UnreadableKey } from './unreadable-key.ts';

const PEPPER = 'a pepper for tests, long enough to be one';

describe('the key store', () => {
  let testDatabase: TestDatabase;
  let db: Database;
  let apiKey: string;
  let adminKey: string;
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    db = createDatabase(testDatabase.url, { poolMax: 2 });
    const keys = await seed(db, { keyPepper: PEPPER });
    apiKey = keys.apiKey ?? '';
    adminKey = keys.adminKey ?? '';
  });
  afterAll(async () => {
    await db.$disconnect();
    await testDatabase.drop();
  });

  const find = (plaintext: string) => createKeyStore(db).findByPublicId(parseApiKey(plaintext)?.publicId ?? '');

  test('finds a key by its public id, with the hash that its plaintext matches', async () => {
    const key = await find(apiKey);
    expect(key).toMatchObject({ expiresAt: undefined, revokedAt: undefined, projectId: expect.stringMatching(/^proj_/) });
    expect(matchesApiKeyHash({ plaintext: apiKey, storedHash: key?.secretHash ?? '', pepper: PEPPER })).toBe(true);
  });

  test('reads a key without scopes as one that may call everything, and any other with exactly its own', async () => {
    expect((await find(apiKey))?.scopes).toBeUndefined();
    await db.apiKey.updateMany({ data: { scopes: ['models'] } });
    expect((await find(apiKey))?.scopes).toEqual(new Set(['models']));
    await db.apiKey.updateMany({ data: { scopes: [] } });
  });

  test('reads every list of models that narrows the key, and none that is empty', async () => {
    await db.project.updateMany({ data: { allowedModels: ['base', 'other'] } });
    await db.apiKey.updateMany({ data: { allowedModels: ['base:law'] } });
    expect((await find(apiKey))?.allowedModels).toEqual([new Set(['base', 'other']), new Set(['base:law'])]);
    await db.project.updateMany({ data: { allowedModels: [] } });
    expect((await find(apiKey))?.allowedModels).toEqual([new Set(['base:law'])]);
    await db.apiKey.updateMany({ data: { allowedModels: [] } });
    expect((await find(apiKey))?.allowedModels).toEqual([]);
  });

  test('does not know keys for administration', async () => {
    expect(await find(adminKey)).toBeUndefined();
  });

  test('finds nothing for an id that nobody issued', async () => {
    expect(await createKeyStore(db).findByPublicId('000000000000')).toBeUndefined();
  });

  test('says of a key whose limits are none that this key cannot be read', async () => {
    await db.apiKey.updateMany({ data: { limits: { requestsPerMinute: 'many' } } });
    await expect(find(apiKey)).rejects.toBeInstanceOf(UnreadableKey);
    await db.apiKey.updateMany({ data: { limits: {} } });
    expect(await find(apiKey)).toBeDefined();
  });

  test('ends a key with its user, and another with its service account', async () => {
    const endedAt = new Date('2026-01-02T03:04:05Z');
    const { id: keyId, projectId } = await db.apiKey.findFirstOrThrow();
    const { id: ownerId } = await db.user.findFirstOrThrow();
    const { id: serviceAccountId } = await db.serviceAccount.create({ data: { id: createId('svcacct'), projectId, name: 'indexer' } });
    const holdersAre = (holders: { ownerId: string | null; serviceAccountId: string | null }) =>
      db.apiKey.update({ where: { id: keyId }, data: holders });

    await holdersAre({ ownerId, serviceAccountId: null });
    expect(await find(apiKey)).toMatchObject({ userId: ownerId, revokedAt: undefined });
    await db.user.update({ where: { id: ownerId }, data: { disabledAt: endedAt } });
    expect((await find(apiKey))?.revokedAt).toEqual(endedAt);
    await holdersAre({ ownerId: null, serviceAccountId });
    expect(await find(apiKey)).toMatchObject({ userId: undefined, revokedAt: undefined });
    await db.serviceAccount.update({ where: { id: serviceAccountId }, data: { deletedAt: endedAt } });
    expect((await find(apiKey))?.revokedAt).toEqual(endedAt);
    await holdersAre({ ownerId: null, serviceAccountId: null });
  });

  test('ends the keys of a project that was archived', async () => {
    const archivedAt = new Date('2026-01-02T03:04:05Z');
    await db.project.updateMany({ data: { archivedAt } });
    expect((await find(apiKey))?.revokedAt).toEqual(archivedAt);
    await db.project.updateMany({ data: { archivedAt: null } });
  });
});
