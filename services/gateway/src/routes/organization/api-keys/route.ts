import type { Clock } from '@sluice/platform/clock';
import { Fault } from '@sluice/platform/fault';
import { z } from 'zod';
import type { ApiKeyStore } from '../../../admin/api-key-store.ts';
import { toList } from '../../admin-list.ts';
import { adminRoute, type AdminRoute } from '../../admin-route.ts';
import { lifetimeS, pageQuery, scopes, toPageRequest } from '../../admin-schema.ts';
import { toApiKeyObject } from './respond.ts';
import { createKeySchema, expiryIn, toKeySpec } from './schema.ts';

export type ApiKeyRouteDeps = {
  readonly apiKeys: ApiKeyStore;
  /** The secret that signs the requests of a key. */
  readonly deriveSigningSecret: (keyId: string) => string;
  readonly clock: Clock;
};

const KEYS = '/v1/organization/projects/:project_id/api_keys';
const KEY = `${KEYS}/:api_key_id` as const;

const listQuery = z.strictObject({ ...pageQuery, owner_project_access: z.enum(['active', 'inactive', 'any']).default('any') });
const updateSchema = z.strictObject({ expires_in_seconds: lifetimeS.optional(), scopes: scopes.optional() });

export function apiKeyRoutes({ apiKeys, deriveSigningSecret, clock }: ApiKeyRouteDeps): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'get',
      path: KEYS,
      permission: 'project.read',
      query: listQuery,
      handle: async ({ params, query }) => {
        const access = query.owner_project_access === 'any' ? undefined : query.owner_project_access;
        return toList(await apiKeys.list({ projectId: params.project_id, access }, toPageRequest(query)), toApiKeyObject);
      },
    }),
    adminRoute({
      method: 'post',
      path: KEYS,
      permission: 'project.keys.write',
      body: createKeySchema,
      handle: async ({ by, reach, params, body }) => {
        const ownerId = body.user_id === undefined ? by.principal.userId : body.user_id;
        if (reach === 'own' && ownerId !== by.principal.userId) throw onlyOwn();
        const spec = toKeySpec(body, clock.now());
        const { key, value } = await apiKeys.create(by, { projectId: params.project_id, ownerId, spec });
        const secret = spec.requiresSignature ? { signing_secret: deriveSigningSecret(key.id) } : {};
        return { ...toApiKeyObject(key), value, ...secret };
      },
    }),
    adminRoute({
      method: 'get',
      path: KEY,
      permission: 'project.read',
      handle: async ({ by, params }) => toApiKeyObject(await apiKeys.findActive(by.principal.organizationId, toName(params))),
    }),
    adminRoute({
      method: 'post',
      path: KEY,
      permission: 'project.keys.write',
      body: updateSchema,
      handle: async ({ by, reach, params, body }) => {
        const change = { scopes: body.scopes, expiresAt: expiryIn(body.expires_in_seconds, clock.now()) };
        return toApiKeyObject(await apiKeys.change(by, { ...toName(params), reach }, change));
      },
    }),
    adminRoute({
      method: 'delete',
      path: KEY,
      permission: 'project.keys.write',
      handle: async ({ by, reach, params }) => {
        const { id } = await apiKeys.revoke(by, { ...toName(params), reach });
        return { object: 'organization.project.api_key.deleted', id, deleted: true };
      },
    }),
  ];
}

function toName(params: Readonly<Record<'project_id' | 'api_key_id', string>>) {
  return { id: params.api_key_id, projectId: params.project_id };
}

function onlyOwn(): Fault {
  return new Fault('INSUFFICIENT_PERMISSIONS', {
    message: 'You have insufficient permissions for this operation. You may make API keys for yourself.',
    param: 'user_id',
  });
}
