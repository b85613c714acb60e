import { generateApiKey, hashApiKey, redactApiKey } from '@sluice/platform/api-key';
import type { Database } from '@sluice/prisma/client';
import type { Role } from '@sluice/prisma/generated/enums';
import { createId } from '@sluice/prisma/ids';
import OpenAI from 'openai';
import { PEPPER } from './gateway-harness.ts';

export type AdminOptions = {
  /** Without /v1. */
  readonly url: string;
  readonly organizationId: string;
  readonly role: Role;
  /** By project. */
  readonly projectRoles?: Readonly<Record<string, Role>>;
};

export type AdminClient = {
  /** OpenAI's own, without retries. */
  readonly sdk: OpenAI;
  readonly get: (path: string) => Promise<Response>;
};

/** A user with an admin key of their own, as the official client and plain HTTP use it. */
export async function createAdminClient(
  db: Database,
  { url, organizationId, role, projectRoles = {} }: AdminOptions,
): Promise<AdminClient> {
  const id = createId('user');
  const memberships = Object.entries(projectRoles).map(([projectId, role]) => ({ projectId, role }));
  await db.user.create({
    data: { id, organizationId, email: `${id.toLowerCase()}@example.com`, name: id, role, memberships: { create: memberships } },
  });
  const { publicId, plaintext } = generateApiKey('admin');
  const secrets = { publicId, secretHash: hashApiKey(plaintext, PEPPER), redactedValue: redactApiKey(plaintext) };
  await db.adminApiKey.create({ data: { id: createId('key'), name: id, organizationId, ownerId: id, ...secrets } });
  return {
    sdk: new OpenAI({ baseURL: `${url}/v1`, apiKey: 'unused', adminAPIKey: plaintext, maxRetries: 0 }),
    get: (path) => fetch(`${url}${path}`, { headers: { authorization: `Bearer ${plaintext}` } }),
  };
}
