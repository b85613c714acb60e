import { appendRequests, type RequestRow } from '@sluice/prisma/append-requests';
import { createDatabase, type Database } from '@sluice/prisma/client';
import { createTestDatabase } from '@sluice/testing/test-database';

/** Whose projects there are. */
export const ORGANIZATIONS: Readonly<Record<string, readonly string[]>> = { org_own: ['proj_a', 'proj_b'], org_other: ['proj_other'] };

export type UsageDatabase = { readonly url: string; readonly db: Database; readonly close: () => Promise<void> };

/** A database of the test's own with two organizations, their projects and a history. */
export async function createUsageDatabase(rows: readonly RequestRow[]): Promise<UsageDatabase> {
  const testDatabase = await createTestDatabase();
  const db = createDatabase(testDatabase.url, { poolMax: 4 });
  await db.tier.create({ data: { id: 'tier_test', name: 'Test' } });
  for (const [organizationId, projects] of Object.entries(ORGANIZATIONS)) {
    await db.organization.create({ data: { id: organizationId, name: organizationId } });
    await db.project.createMany({ data: projects.map((id) => ({ id, organizationId, tierId: 'tier_test', name: id })) });
  }
  for (let i = 0; i < rows.length; i += 500) await appendRequests(db, rows.slice(i, i + 500));
  return {
    url: testDatabase.url,
    db,
    close: async () => {
      await db.$disconnect();
      await testDatabase.drop();
    },
  };
}
