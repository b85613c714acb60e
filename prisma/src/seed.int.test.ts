import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { generateApiKey, hashApiKey, matchesApiKeyHash } from '@sluice/platform/api-key';
import { verifyPassword } from '@sluice/platform/password';
import { createTestDatabase, type TestDatabase } from '@sluice/testing/test-database';
import { createDatabase, type Database } from './client.ts';
import { seed } from './seed.ts';

const keyPepper = 'a pepper that is used in this test only';
let database: TestDatabase;
let db: Database;

beforeEach(async () => {
  database = await createTestDatabase();
  db = createDatabase(database.url, { poolMax: 8 });
});

afterEach(async () => {
  await db.$disconnect();
  await database.drop();
});

test('makes the tiers, a project, an administrator and the given keys, once', async () => {
  const options = { keyPepper, apiKey: generateApiKey().plaintext, adminKey: generateApiKey().plaintext };
  expect(await seed(db, options)).toEqual({ apiKey: options.apiKey, adminKey: options.adminKey });
  await seed(db, options);
  expect(await counts()).toEqual({ tiers: 3, organizations: 1, projects: 1, users: 1, members: 1, keys: 1, adminKeys: 1 });
  const keys = [...(await db.apiKey.findMany()), ...(await db.adminApiKey.findMany())];
  for (const plaintext of [options.apiKey, options.adminKey]) {
    expect(keys.filter(({ secretHash }) => matchesApiKeyHash({ plaintext, storedHash: secretHash, pepper: keyPepper }))).toHaveLength(1);
    expect(JSON.stringify(keys)).not.toContain(plaintext);
  }
});

test('makes keys of its own where none are given, and only the first time', async () => {
  const first = await seed(db, { keyPepper });
  expect(first).toEqual({ apiKey: expect.stringMatching(/^sk-\w{12}-/), adminKey: expect.stringMatching(/^sk-admin-/) });
  expect(await seed(db, { keyPepper })).toEqual({ apiKey: undefined, adminKey: undefined });
});

test('makes everything once when several stacks seed at the same time', async () => {
  await Promise.all(Array.from({ length: 4 }, () => seed(db, { keyPepper })));
  expect(await counts()).toEqual({ tiers: 3, organizations: 1, projects: 1, users: 1, members: 1, keys: 1, adminKeys: 1 });
});

test('does not undo what an administrator changed', async () => {
  const { apiKey } = await seed(db, { keyPepper });
  await db.tier.update({ where: { id: 'free' }, data: { requestsPerMinute: 1 } });
  await db.apiKey.updateMany({ data: { revokedAt: new Date() } });
  await seed(db, { keyPepper, apiKey });
  expect(await db.tier.findUnique({ where: { id: 'free' } })).toMatchObject({ requestsPerMinute: 1 });
  expect(await db.apiKey.count({ where: { revokedAt: null, name: 'Demo key' } })).toBe(0);
});

test('takes an admin key from before such keys had a shape of their own', async () => {
  const adminKey = generateApiKey().plaintext;
  expect(await seed(db, { keyPepper, adminKey })).toMatchObject({ adminKey });
});

test('follows a new pepper', async () => {
  const { apiKey } = await seed(db, { keyPepper });
  if (apiKey === undefined) throw new Error('the first seed made no key');
  await seed(db, { keyPepper: 'another pepper', apiKey });
  expect(await db.apiKey.count({ where: { secretHash: hashApiKey(apiKey, 'another pepper') } })).toBe(1);
});

test('makes a project on the free tier and a price only where they are asked for, once', async () => {
  await seed(db, { keyPepper });
  expect(await db.modelPrice.count()).toBe(0);
  const { trialKey } = await seed(db, { keyPepper, isDemo: true });
  expect(trialKey).toMatch(/^sk-\w{12}-/);
  expect(await seed(db, { keyPepper, isDemo: true })).toMatchObject({ trialKey: undefined });
  expect(await db.project.findMany({ where: { tierId: 'free' }, include: { apiKeys: true } })).toMatchObject([
    { name: 'Trial', apiKeys: [{ secretHash: hashApiKey(trialKey ?? '', keyPepper) }] },
  ]);
  expect(await db.modelPrice.findMany()).toMatchObject([{ model: 'demo-chat' }]);
});

test('does not undo what an administrator changed of the demo', async () => {
  await seed(db, { keyPepper, isDemo: true });
  await db.project.updateMany({ where: { tierId: 'free' }, data: { tierId: 'pro' } });
  await db.modelPrice.updateMany({ data: { outputMicroUsd: 1n } });
  await seed(db, { keyPepper, isDemo: true });
  expect(await db.project.count({ where: { tierId: 'free' } })).toBe(0);
  expect(await db.modelPrice.findMany()).toMatchObject([{ outputMicroUsd: 1n }]);
});

test('knows what it made by whatever name it has today, and leaves away what was taken away', async () => {
  await seed(db, { keyPepper, isDemo: true });
  await db.organization.updateMany({ data: { name: 'Ours' } });
  for (const project of await db.project.findMany()) {
    await db.project.update({ where: { id: project.id }, data: { name: `Our ${project.name}` } });
  }
  await db.apiKey.updateMany({ data: { name: 'ours' } });
  await db.adminApiKey.updateMany({ data: { name: 'ours' } });
  await db.projectMember.deleteMany();
  const { id: organizationId } = await db.organization.findFirstOrThrow();
  for (const [kind, id] of [
    ['tier', 'pro'],
    ['price', 'demo-chat'],
  ] as const) {
    const row = { organizationId, actorKind: 'user', actorLabel: 'ada@example.com', targetKind: kind, targetId: id } as const;
    await db.auditLog.create({ data: { id: `audit_${kind}`, type: `${kind}.deleted`, ...row } });
  }
  await db.tier.delete({ where: { id: 'pro' } });
  await db.modelPrice.deleteMany();
  const before = await counts();
  expect(await seed(db, { keyPepper, isDemo: true })).toEqual({ apiKey: undefined, adminKey: undefined, trialKey: undefined });
  expect(await counts()).toEqual(before);
  expect(await db.modelPrice.count()).toBe(0);
});

test('puts what it makes and changes into the audit log, and no secret', async () => {
  const options = { apiKey: generateApiKey().plaintext, adminKey: generateApiKey('admin').plaintext, isDemo: true };
  const typesSince = async (known: number) =>
    (await db.auditLog.findMany({ orderBy: { createdAt: 'asc' } })).slice(known).map(({ type }) => type);
  const password = 'correct horse battery staple';
  const { trialKey = '' } = await seed(db, { keyPepper, ...options, adminPassword: password });
  const made = await typesSince(0);
  expect(made.toSorted()).toEqual([
    'admin_api_key.created',
    'api_key.created',
    'api_key.created',
    'organization.created',
    'price.updated',
    'project.created',
    'project.created',
    'tier.created',
    'tier.created',
    'tier.created',
    'user.added',
    'user.added',
    'user.updated',
  ]);
  await seed(db, { keyPepper, ...options });
  expect(await typesSince(made.length)).toEqual([]);
  await seed(db, { keyPepper: 'another pepper', ...options });
  expect((await typesSince(made.length)).toSorted()).toEqual(['admin_api_key.updated', 'api_key.updated']);

  const rows = await db.auditLog.findMany();
  expect(rows.find(({ targetId }) => targetId === 'free')?.after).toMatchObject({ name: 'Free', requests_per_minute: 60 });
  const { id: organizationId } = await db.organization.findFirstOrThrow();
  expect(rows.every((row) => row.actorKind === 'system' && row.actorLabel === 'seed' && row.organizationId === organizationId)).toBe(true);
  const hashes = [...(await db.apiKey.findMany()), ...(await db.adminApiKey.findMany())].map(({ secretHash }) => secretHash);
  for (const secret of [options.apiKey, options.adminKey, trialKey, password, ...hashes])
    expect(JSON.stringify(rows)).not.toContain(secret);
});

test('refuses a key that no Sluice made, and one for administration where models are called', async () => {
  await expect(seed(db, { keyPepper, apiKey: 'sk-mine' })).rejects.toThrow('is not a Sluice key');
  await expect(seed(db, { keyPepper, apiKey: generateApiKey('admin').plaintext })).rejects.toThrow('is one for administration');
  expect(await counts()).toMatchObject({ organizations: 0, keys: 0 });
});

test('gives an administrator without a password the one that was set, and never changes it after that', async () => {
  const [first, second] = ['correct horse battery staple', 'another horse battery staple'] as const;
  const passwordOf = async (): Promise<string> => (await db.user.findFirstOrThrow()).passwordHash ?? '';
  await seed(db, { keyPepper });
  expect(await passwordOf()).toBe('');
  await seed(db, { keyPepper, adminPassword: first });
  await seed(db, { keyPepper, adminPassword: second });
  expect(await verifyPassword(first, { stored: await passwordOf(), pepper: keyPepper })).toEqual({ isMatch: true, wantsRehash: false });
  await seed(db, { keyPepper: 'another pepper', adminPassword: second });
  expect(await verifyPassword(second, { stored: await passwordOf(), pepper: 'another pepper' })).toMatchObject({ isMatch: true });
});

test('refuses a password that would be guessed', async () => {
  await expect(seed(db, { keyPepper, adminPassword: 'password1234' })).rejects.toThrow('The password given for admin@localhost is one of');
  expect(await counts()).toMatchObject({ users: 0 });
});

async function counts() {
  const [tiers, organizations, projects, users, members, keys, adminKeys] = await Promise.all([
    db.tier.count(),
    db.organization.count(),
    db.project.count(),
    db.user.count(),
    db.projectMember.count(),
    db.apiKey.count(),
    db.adminApiKey.count(),
  ]);
  return { tiers, organizations, projects, users, members, keys, adminKeys };
}
