import { createDatabase, type Database } from '@sluice/prisma/client';
import type { Role } from '@sluice/prisma/generated/enums';
import { createId } from '@sluice/prisma/ids';
import { seed } from '@sluice/prisma/seed';
import { PEPPER } from '@sluice/testing/pepper';
import { say } from '@sluice/testing/scripts';
import { createTestDatabase } from '@sluice/testing/test-database';
import type { GatewayParts } from '../gateway-parts.ts';
import { createKeyStore } from '../keys/key-store.ts';
import { createAdminClient, useAdminKey, type AdminClient } from './admin-client.ts';
import { startHarness, type Harness } from './gateway-harness.ts';

type Who = { readonly organizationId?: string; readonly projectRoles?: Readonly<Record<string, Role>> };

export type AdminGateway = AsyncDisposable & {
  readonly harness: Harness;
  readonly db: Database;
  readonly url: string;
  readonly organizationId: string;
  /** The seeded one, on the tier "enterprise". */
  readonly projectId: string;
  /** Of the seeded project. */
  readonly apiKey: string;
  /** The seeded one. */
  readonly owner: AdminClient;
  /** Somebody new, with an admin key. */
  admit(role: Role, who?: Who): Promise<AdminClient>;
  /** Another one, with an owner and a project. */
  createOrganization(): Promise<{ readonly id: string; readonly owner: AdminClient; readonly projectId: string }>;
  chat(apiKey: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  close(): Promise<void>;
};

/** A gateway on a seeded database of its own, with everything that administration needs. */
export async function startAdminGateway(
  parts: Partial<GatewayParts> = {},
  options: Partial<
    Pick<Parameters<typeof startHarness>[0], 'redisUrl' | 'adminRequestsPerMinute' | 'scripts' | 'models' | 'adapters'>
  > = {},
): Promise<AdminGateway> {
  const testDatabase = await createTestDatabase();
  const db = createDatabase(testDatabase.url, { poolMax: 4 });
  const { apiKey = '', adminKey = '' } = await seed(db, { keyPepper: PEPPER });
  const harness = await startHarness({
    scripts: [say(['x'])],
    ...options,
    databaseUrl: testDatabase.url,
    parts: { keyStore: createKeyStore(db), ...parts },
  });
  const { url } = harness;
  const { id: projectId, organizationId } = await db.project.findFirstOrThrow();
  const { id: userId } = await db.user.findFirstOrThrow();

  const close = async (): Promise<void> => {
    await harness.close();
    await db.$disconnect();
    await testDatabase.drop();
  };
  return {
    harness,
    db,
    url,
    organizationId,
    projectId,
    apiKey,
    owner: useAdminKey({ url, userId, adminKey }),
    admit: (role, who = {}) => createAdminClient(db, { url, role, organizationId, ...who }),
    createOrganization: async () => {
      const id = createId('org');
      await db.organization.create({ data: { id, name: id } });
      const project = await db.project.create({ data: { id: createId('proj'), organizationId: id, tierId: 'free', name: 'Demo' } });
      return { id, owner: await createAdminClient(db, { url, role: 'owner', organizationId: id }), projectId: project.id };
    },
    chat: (key, headers = {}) =>
      fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...headers },
        body: JSON.stringify({ model: 'scripted', messages: [{ role: 'user', content: 'hi' }] }),
      }),
    close,
    [Symbol.asyncDispose]: close,
  };
}
