import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createDatabase, type Database } from '@sluice/prisma/client';
import { createId } from '@sluice/prisma/ids';
import { seed } from '@sluice/prisma/seed';
import { createTestDatabase, type TestDatabase } from '@sluice/testing/test-database';
import { createTestClock } from '../test-support/test-clock.ts';
import { NOWHERE } from './audit-event.ts';
import { createPrincipalStore } from './principal-store.ts';
import { createSessionStore } from './session-store.ts';

const PEPPER = 'a pepper for tests, long enough to be one';

describe('the principal store', () => {
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

  async function setUp() {
    const clock = createTestClock();
    const { id: organizationId } = await db.organization.findFirstOrThrow();
    const { id: projectId } = await db.project.findFirstOrThrow();
    const id = createId('user');
    const user = { id, organizationId, email: `${id}@example.com`, name: 'Anna', passwordHash: 'a hash', role: 'admin' } as const;
    await db.user.create({ data: { ...user, memberships: { create: { projectId, role: 'viewer' } } } });
    const session = await createSessionStore(db, { pepper: PEPPER, clock }).open(user, NOWHERE);
    return { clock, user, projectId, sessionId: session?.sessionId ?? '', principals: createPrincipalStore(db, clock) };
  }

  test('finds a user with the roles of the organization and the projects', async () => {
    const { user, projectId, principals, sessionId } = await setUp();
    const principal = {
      kind: 'user',
      id: user.id,
      userId: user.id,
      label: user.email,
      organizationId: user.organizationId,
      role: 'admin',
      projectRoles: new Map([[projectId, 'viewer']]),
    };
    expect(await principals.findUser(user.id)).toEqual(principal);
    expect(await principals.findSessionUser(sessionId)).toEqual(principal);
  });

  test('sees a change of roles after a second, or at once where it was made', async () => {
    const { user, principals, clock } = await setUp();
    const roleOf = async () => (await principals.findUser(user.id))?.role;
    expect(await roleOf()).toBe('admin');
    await db.user.update({ where: { id: user.id }, data: { role: 'member' } });
    expect(await roleOf()).toBe('admin');
    clock.advance(1_000);
    expect(await roleOf()).toBe('member');
    await db.user.update({ where: { id: user.id }, data: { role: 'owner' } });
    principals.forgetAll();
    expect(await roleOf()).toBe('owner');
  });

  test('finds nobody who is unknown or disabled, and nobody behind a session that is over or was none', async () => {
    const { user, principals, clock, sessionId } = await setUp();
    expect(await principals.findUser('user_nobody')).toBeUndefined();
    expect(await principals.findSessionUser('family_nothing')).toBeUndefined();
    expect(await principals.findSessionUser('nonsense')).toBeUndefined();
    await createSessionStore(db, { pepper: PEPPER, clock }).close(sessionId, NOWHERE);
    expect(await principals.findSessionUser(sessionId)).toBeUndefined();
    await db.user.update({ where: { id: user.id }, data: { disabledAt: new Date() } });
    expect(await principals.findUser(user.id)).toBeUndefined();
  });
});
