import { z } from 'zod';
import type { KeySpec } from '../../../admin/key-spec.ts';
import { applyLimits } from '../../../admin/limit-bounds.ts';
import { addresses, id, lifetimeS, models, printable, scopes } from '../../admin-schema.ts';
import { limitsSchema, toLimitChange } from '../../limits-schema.ts';

/** Ours: OpenAI's users make their keys elsewhere. */
export const createKeySchema = z.strictObject({
  name: printable,
  scopes: scopes.optional(),
  allowed_models: models.optional(),
  allowed_ips: addresses.optional(),
  limits: limitsSchema.optional(),
  requires_signature: z.boolean().optional(),
  expires_in_seconds: lifetimeS.nullish(),
  /** Whose it becomes; null makes one that belongs to the project itself. Without it, the requester's own. */
  user_id: id.nullish(),
});

export function toKeySpec(body: z.infer<typeof createKeySchema>, now: Date): KeySpec {
  return {
    name: body.name,
    scopes: body.scopes ?? [],
    allowedModels: body.allowed_models ?? [],
    allowedIps: body.allowed_ips ?? [],
    limits: applyLimits({}, toLimitChange(body.limits ?? {})),
    requiresSignature: body.requires_signature ?? false,
    expiresAt: expiryIn(body.expires_in_seconds, now) ?? null,
  };
}

/** Undefined and null stay what they are. */
export function expiryIn(seconds: number | null | undefined, now: Date): Date | null | undefined {
  return seconds === null || seconds === undefined ? seconds : new Date(now.getTime() + seconds * 1_000);
}
