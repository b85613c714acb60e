import type { Limits } from '@sluice/prisma/limits';
import type { Facts } from './audit-entry.ts';

/** What a key may do. */
export type KeySpec = {
  readonly name: string;
  /** Empty means all. */
  readonly scopes: readonly string[];
  /** Empty means all that the project may use. */
  readonly allowedModels: readonly string[];
  /** Empty means from everywhere. */
  readonly allowedIps: readonly string[];
  readonly limits: Limits;
  readonly requiresSignature: boolean;
  readonly expiresAt: Date | null;
};

/** Whose a key is: a user's, a service account's, or the project's own. */
export type KeyHolder = { readonly projectId: string; readonly ownerId: string | null; readonly serviceAccountId: string | null };

export const PLAIN_KEY: Omit<KeySpec, 'name' | 'expiresAt'> = {
  scopes: [],
  allowedModels: [],
  allowedIps: [],
  limits: {},
  requiresSignature: false,
};

/** What the audit log keeps of a key. */
export function keyFacts({ name, scopes, allowedModels, allowedIps, limits, requiresSignature, expiresAt }: KeySpec): Facts {
  return { name, scopes, allowedModels, allowedIps, limits, requiresSignature, expiresAt };
}
