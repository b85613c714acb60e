import { generateApiKey, hashApiKey, redactApiKey } from '@sluice/platform/api-key';
import { Fault } from '@sluice/platform/fault';
import type { Database } from '@sluice/prisma/client';
import { createId } from '@sluice/prisma/ids';
import type { Changes, Transaction } from './change-store.ts';
import { notFound } from './not-found.ts';
import { readPage, type Order, type Page, type PageRequest } from './page.ts';
import type { Reach } from './permissions.ts';
import type { Requester } from './requester.ts';

export type AdminKey = Awaited<ReturnType<typeof requireKey>>;

export type AdminKeyStore = ReturnType<typeof createAdminKeyStore>;

export function createAdminKeyStore(db: Database, { changes, pepper }: { changes: Changes; pepper: string }) {
  return {
    /** It acts as whoever makes it, and outlives no key that it was made with. `value` is the only copy of its secret. */
    create: (
      by: Requester,
      { name, lifetimeMs }: { name: string; lifetimeMs: number | undefined },
    ): Promise<{ key: AdminKey; value: string }> =>
      changes(by, async ({ tx, organizationId, now, record }) => {
        const { publicId, plaintext } = generateApiKey('admin');
        const id = createId('key');
        const redactedValue = redactApiKey(plaintext);
        const ownerId = by.principal.userId;
        const expiresAt = lifetimeMs === undefined ? null : new Date(now.getTime() + lifetimeMs);
        requireWithin(by.principal.expiresAt, expiresAt);
        const secretHash = hashApiKey(plaintext, pepper);
        await tx.adminApiKey.create({
          data: { id, publicId, secretHash, redactedValue, name, organizationId, ownerId, expiresAt, createdAt: now },
        });
        const after = { name, redactedValue, ownerId, expiresAt };
        record({ type: 'admin_api_key.created', target: { kind: 'admin_api_key', id }, before: null, after });
        return { key: await requireKey(tx, organizationId, id), value: plaintext };
      }),

    /** Throws NOT_FOUND. */
    find: (organizationId: string, id: string): Promise<AdminKey> => requireKey(db, organizationId, id),

    list: (organizationId: string, order: Order, page: PageRequest): Promise<Page<AdminKey>> =>
      readPage(page, {
        order,
        placeOf: (id) => db.adminApiKey.findFirst({ where: { id, organizationId } }),
        read: (slice) => db.adminApiKey.findMany({ ...slice, where: { organizationId, revokedAt: null, ...slice.where }, select: SHOWN }),
      }),

    /** It works no more from the next request on. */
    delete: (by: Requester, { id, reach }: { id: string; reach: Reach }): Promise<void> =>
      changes(by, async ({ tx, organizationId, now, record }) => {
        const key = await requireKey(tx, organizationId, id);
        if (reach === 'own' && key.owner.id !== by.principal.userId) {
          throw new Fault('INSUFFICIENT_PERMISSIONS', {
            message: 'You have insufficient permissions for this operation. Of the admin keys you may delete your own.',
          });
        }
        await tx.adminApiKey.update({ where: { id }, data: { revokedAt: now } });
        const { name, redactedValue, owner, expiresAt } = key;
        const before = { name, redactedValue, ownerId: owner.id, expiresAt };
        record({ type: 'admin_api_key.deleted', target: { kind: 'admin_api_key', id }, before, after: null });
      }),
  };
}

/** A key that was to end must not go on under another name. */
function requireWithin(end: Date | undefined, wanted: Date | null): void {
  if (!end || (wanted && wanted <= end)) return;
  const message = `This admin API key ends at ${end.toISOString()}, and makes none that ends later. Set expires_in_seconds accordingly, or log in.`;
  throw new Fault('INVALID_VALUE', { message, param: 'expires_in_seconds' });
}

/** Everything but the hash. */
const SHOWN = {
  id: true,
  name: true,
  redactedValue: true,
  createdAt: true,
  expiresAt: true,
  lastUsedAt: true,
  owner: { select: { id: true, name: true, role: true, createdAt: true } },
} as const;

async function requireKey(db: Database | Transaction, organizationId: string, id: string) {
  const key = await db.adminApiKey.findFirst({ where: { id, organizationId, revokedAt: null }, select: SHOWN });
  if (!key) throw notFound('admin API key');
  return key;
}
