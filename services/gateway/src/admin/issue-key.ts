import { generateApiKey, hashApiKey, redactApiKey } from '@sluice/platform/api-key';
import { createId } from '@sluice/prisma/ids';
import type { Limits } from '@sluice/prisma/limits';
import type { Facts } from './audit-entry.ts';
import type { Change } from './change-store.ts';

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

/** Makes a key within a change. `value` is the only copy of its secret: it goes to whoever asked, and nowhere else. */
export async function issueKey(
  change: Change,
  pepper: string,
  { holder, spec, rotatedFromId = null }: { holder: KeyHolder; spec: KeySpec; rotatedFromId?: string | null },
): Promise<{ readonly id: string; readonly value: string }> {
  const { publicId, plaintext } = generateApiKey();
  const id = createId('key');
  const redactedValue = redactApiKey(plaintext);
  // Named one by one: a key that takes over from another comes with all that is known of the other.
  const { name, limits, requiresSignature, expiresAt } = spec;
  const data = {
    ...holder,
    name,
    limits,
    requiresSignature,
    expiresAt,
    id,
    publicId,
    secretHash: hashApiKey(plaintext, pepper),
    redactedValue,
    scopes: [...spec.scopes],
    allowedModels: [...spec.allowedModels],
    allowedIps: [...spec.allowedIps],
    rotatedFromId,
    createdAt: change.now,
  };
  await change.tx.apiKey.create({ data });
  change.record({
    type: 'api_key.created',
    target: { kind: 'api_key', id },
    projectId: holder.projectId,
    before: null,
    after: { redactedValue, ...keyFacts(spec), ownerId: holder.ownerId, serviceAccountId: holder.serviceAccountId, rotatedFromId },
  });
  return { id, value: plaintext };
}

/** What the audit log keeps of a key. */
export function keyFacts({ name, scopes, allowedModels, allowedIps, limits, requiresSignature, expiresAt }: KeySpec): Facts {
  return { name, scopes, allowedModels, allowedIps, limits, requiresSignature, expiresAt };
}
