import { expect, test } from '@jest/globals';
import { createDatabase, type Database } from '@sluice/prisma/client';
import { createId } from '@sluice/prisma/ids';
import { seed } from '@sluice/prisma/seed';
import { createTestDatabase } from '@sluice/testing/test-database';
import { until } from '@sluice/testing/until';
import { createChanges, type Changes } from './change-store.ts';
import { createProjectStore } from './project-store.ts';
import type { Requester } from './requester.ts';
import { createTierStore } from './tier-store.ts';

function ownerOf(organizationId: string): Requester {
  const principal = {
    kind: 'user',
    id: 'user_1',
    userId: 'user_1',
    label: 'test',
    organizationId,
    role: 'owner',
    projectRoles: new Map(),
  } as const;
  return { principal, ipAddress: '127.0.0.1', userAgent: undefined, requestId: 'req_test' };
}

/** Nothing of a change is there before the test says so. */
function heldBack(changes: Changes) {
  const done = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const held: Changes = (by, work) =>
    changes(by, async (change) => {
      const result = await work(change);
      done.resolve();
      await release.promise;
      return result;
    });
  return { held, isDone: done.promise, release: () => release.resolve() };
}

/** For a lock. */
async function isSomebodyWaiting(db: Database): Promise<boolean> {
  const [{ count }] = await db.$queryRaw<[{ count: number }]>`
    SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  return count > 0;
}

test("a tier's change reaches a project of another organization that is moving to it at that moment", async () => {
  const testDatabase = await createTestDatabase();
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => testDatabase.drop());
  const db = createDatabase(testDatabase.url, { poolMax: 4 });
  cleanup.defer(() => db.$disconnect());
  await seed(db, { keyPepper: 'a pepper for tests, long enough to be one' });
  const { organizationId: home } = await db.project.findFirstOrThrow();
  const [other, projectId] = [createId('org'), createId('proj')];
  await db.organization.create({ data: { id: other, name: 'Other' } });
  await db.project.create({ data: { id: projectId, organizationId: other, name: 'Moving', tierId: 'free' } });
  const outdated: string[] = [];
  const announce = async (epochs: readonly string[]) => void outdated.push(...epochs);
  const changes = createChanges({ db, announce, onChange: () => {} });
  const move = heldBack(changes);

  const moving = createProjectStore(db, move.held).change(ownerOf(other), projectId, { tierId: 'pro' });
  await move.isDone;
  const changing = createTierStore(db, changes).change(ownerOf(home), 'pro', { requestsPerMinute: 7 });
  let hasChanged = false;
  const changed = changing.finally(() => {
    hasChanged = true;
  });
  await until(async () => hasChanged || (await isSomebodyWaiting(db)));
  move.release();
  await Promise.all([moving, changed]);
  expect(outdated).toContain(`org:${other}`);
});
