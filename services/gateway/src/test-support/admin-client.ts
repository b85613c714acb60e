import { generateApiKey, hashApiKey, redactApiKey } from '@sluice/platform/api-key';
import type { Database } from '@sluice/prisma/client';
import type { Role } from '@sluice/prisma/generated/enums';
import { createId } from '@sluice/prisma/ids';
import { PEPPER } from '@sluice/testing/pepper';
import OpenAI from 'openai';

export type AdminOptions = {
  /** Without /v1. */
  readonly url: string;
  readonly organizationId: string;
  readonly role: Role;
  /** By project. */
  readonly projectRoles?: Readonly<Record<string, Role>>;
};

export type AdminClient = {
  readonly userId: string;
  readonly adminKey: string;
  /** OpenAI's own, without retries. */
  readonly sdk: OpenAI;
  /** Its part for administration. */
  readonly admin: OpenAI['admin']['organization'];
  readonly get: (path: string) => Promise<Response>;
  /** For what it does not know. */
  readonly send: (method: string, path: string, body?: unknown, init?: RequestInit) => Promise<Response>;
  /** The body of a 200; any other answer fails the test. */
  readonly sent: (method: string, path: string, body?: unknown) => Promise<Record<string, unknown>>;
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
  return useAdminKey({ url, userId: id, adminKey: plaintext });
}

/** Whoever has the key. */
export function useAdminKey({ url, userId, adminKey }: { url: string; userId: string; adminKey: string }): AdminClient {
  const sdk = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'unused', adminAPIKey: adminKey, maxRetries: 0 });
  const send: AdminClient['send'] = (method, path, body, { headers, ...init } = {}) =>
    fetch(`${url}${path}`, {
      ...init,
      method,
      headers: {
        authorization: `Bearer ${adminKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...Object.fromEntries(new Headers(headers)),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  return {
    userId,
    adminKey,
    sdk,
    admin: sdk.admin.organization,
    get: (path) => send('GET', path),
    send,
    sent: async (method, path, body) => {
      const response = await send(method, path, body);
      const text = await response.text();
      if (response.status !== 200) throw new Error(`${method} ${path} was answered ${response.status}: ${text}`);
      return JSON.parse(text) as Record<string, unknown>;
    },
  };
}
