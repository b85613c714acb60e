import { z } from 'zod';

/** What the gateway writes, as far as it is shown: more may come, and is left alone. */

const limit = z.number().nullish();

export const limitsShape = z.object({
  requests_per_minute: limit,
  requests_per_day: limit,
  tokens_per_minute: limit,
  concurrent_requests: limit,
  monthly_tokens: limit,
  monthly_budget_usd: limit,
});

export const projectShape = z.object({
  id: z.string(),
  name: z.string(),
  status: z.string(),
  created_at: z.number(),
  archived_at: z.number().nullish(),
  sluice: z.object({
    tier: z.string(),
    limits: limitsShape,
    allowed_models: z.array(z.string()),
    stores_content: z.boolean(),
  }),
});
export type Project = z.infer<typeof projectShape>;

export const userShape = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  role: z.string(),
  created_at: z.number(),
  limits: limitsShape,
  has_password: z.boolean(),
  disabled_at: z.number().nullable(),
});
export type User = z.infer<typeof userShape>;

const owner = z.object({ id: z.string(), name: z.string(), email: z.string().optional() });

/** What all keys say of themselves, of the API and of administration. */
export const redactedKeyShape = z.object({
  id: z.string(),
  name: z.string(),
  redacted_value: z.string(),
  created_at: z.number(),
  expires_at: z.number().nullable(),
  last_used_at: z.number().nullable(),
});

export const listedKeyShape = redactedKeyShape.extend({
  owner: z.object({ user: owner.optional(), service_account: owner.optional() }),
});
export type ListedKey = z.infer<typeof listedKeyShape>;

export const keyShape = listedKeyShape.extend({
  project_id: z.string(),
  revoked_at: z.number().nullable(),
  scopes: z.array(z.string()),
  allowed_models: z.array(z.string()),
  allowed_ips: z.array(z.string()),
  limits: limitsShape,
  requires_signature: z.boolean(),
  rotated_from: z.string().nullable(),
  rotated_to: z.string().nullable(),
});
export type Key = z.infer<typeof keyShape>;

/** The only copy of what a key's holder needs. */
export const secretShape = z.object({ value: z.string(), signing_secret: z.string().optional() });

/** What was deleted. */
export const deletedShape = z.object({ deleted: z.literal(true) });
