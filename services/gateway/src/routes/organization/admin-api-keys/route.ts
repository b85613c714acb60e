import { z } from 'zod';
import type { AdminKeyStore } from '../../../admin/admin-key-store.ts';
import { toList } from '../../admin-list.ts';
import { adminRoute, type AdminRoute } from '../../admin-route.ts';
import { lifetimeS, pageQuery, printable, toPageRequest } from '../../admin-schema.ts';
import { toAdminKeyObject } from './respond.ts';

const listQuery = z.strictObject({ ...pageQuery, order: z.enum(['asc', 'desc']).default('asc') });
const createSchema = z.strictObject({ name: printable, expires_in_seconds: lifetimeS.nullish() });

export function adminKeyRoutes(adminKeys: AdminKeyStore): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'get',
      path: '/v1/organization/admin_api_keys',
      permission: 'admin_keys.read',
      query: listQuery,
      handle: async ({ by, query }) =>
        toList(await adminKeys.list(by.principal.organizationId, query.order, toPageRequest(query)), toAdminKeyObject),
    }),
    adminRoute({
      method: 'post',
      path: '/v1/organization/admin_api_keys',
      permission: 'admin_keys.write',
      body: createSchema,
      handle: async ({ by, body: { name, expires_in_seconds: seconds } }) => {
        const { key, value } = await adminKeys.create(by, { name, lifetimeMs: seconds ? seconds * 1_000 : undefined });
        return { ...toAdminKeyObject(key), value };
      },
    }),
    adminRoute({
      method: 'get',
      path: '/v1/organization/admin_api_keys/:key_id',
      permission: 'admin_keys.read',
      handle: async ({ by, params }) => toAdminKeyObject(await adminKeys.find(by.principal.organizationId, params.key_id)),
    }),
    adminRoute({
      method: 'delete',
      path: '/v1/organization/admin_api_keys/:key_id',
      permission: 'admin_keys.write',
      handle: async ({ by, reach, params }) => {
        await adminKeys.delete(by, { id: params.key_id, reach });
        return { object: 'organization.admin_api_key.deleted', id: params.key_id, deleted: true };
      },
    }),
  ];
}
