import { generateApiKey, hashApiKey, redactApiKey } from '@sluice/platform/api-key';
import { createId } from '@sluice/prisma/ids';
import type { Change } from './change-store.ts';
import { keyFacts, type KeyHolder, type KeySpec } from './key-spec.ts';

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
