import { z } from 'zod';
import { adminRoute, type AdminRoute } from '../../admin-route.ts';
import { addresses, models, printable, scopes, unixS } from '../../admin-schema.ts';
import { integer } from '../../scalars.ts';
import { limitsSchema, toLimitChange } from '../../limits-schema.ts';
import type { ApiKeyRouteDeps } from '../../organization/api-keys/route.ts';
import { toKeyObject } from './respond.ts';

const KEY = '/sluice/v1/api_keys/:api_key_id';
/** Two clients that both want the newer key have time to get it. */
const OVERLAP_S_MAX = 30 * 24 * 60 * 60;

const updateSchema = z.strictObject({
  name: printable.optional(),
  scopes: scopes.optional(),
  allowed_models: models.optional(),
  allowed_ips: addresses.optional(),
  limits: limitsSchema.optional(),
  requires_signature: z.boolean().optional(),
  /** Null means never. */
  expires_at: unixS.nullish(),
});
const rotateSchema = z.strictObject({ overlap_seconds: integer(0, OVERLAP_S_MAX).default(0) });

/** What OpenAI's project API keys do not have, and all of a key at once. */
export function keySettingsRoutes({ apiKeys, deriveSigningSecret }: ApiKeyRouteDeps): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'get',
      path: KEY,
      permission: 'project.read',
      handle: async ({ by, params }) => toKeyObject(await apiKeys.find(by.principal.organizationId, { id: params.api_key_id })),
    }),
    adminRoute({
      method: 'patch',
      path: KEY,
      permission: 'project.keys.write',
      body: updateSchema,
      handle: async ({ by, reach, params, body }) => {
        const key = await apiKeys.change(by, { id: params.api_key_id, reach }, toChange(body));
        return { ...toKeyObject(key), ...(body.requires_signature ? { signing_secret: deriveSigningSecret(key.id) } : {}) };
      },
    }),
    adminRoute({
      method: 'delete',
      path: KEY,
      permission: 'project.keys.write',
      handle: async ({ by, reach, params }) => toKeyObject(await apiKeys.revoke(by, { id: params.api_key_id, reach })),
    }),
    adminRoute({
      method: 'post',
      path: `${KEY}/rotate`,
      permission: 'project.keys.write',
      body: rotateSchema,
      handle: async ({ by, reach, params, body }) => {
        const { key, value } = await apiKeys.rotate(by, { id: params.api_key_id, reach }, body.overlap_seconds * 1_000);
        return { ...toKeyObject(key), value, ...(key.requiresSignature ? { signing_secret: deriveSigningSecret(key.id) } : {}) };
      },
    }),
  ];
}

function toChange(body: z.infer<typeof updateSchema>) {
  const { expires_at: expiresAt } = body;
  return {
    name: body.name,
    scopes: body.scopes,
    allowedModels: body.allowed_models,
    allowedIps: body.allowed_ips,
    limits: body.limits && toLimitChange(body.limits),
    requiresSignature: body.requires_signature,
    expiresAt: typeof expiresAt === 'number' ? new Date(expiresAt * 1_000) : expiresAt,
  };
}
