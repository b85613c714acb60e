import { generateApiKey, hashApiKey, parseApiKey, redactApiKey, type ApiKeyKind } from '@sluice/platform/api-key';
import { createId } from './ids.ts';
import type { Seeding } from './seed-audit.ts';

type Wanted = { readonly name: string; readonly plaintext?: string | undefined };

/** Makes a key of a project, or the one whose plaintext is given. Without that, a project that has a key gets none. Returns the plaintext when it is known. */
export async function seedApiKey(
  { tx, keyPepper, record }: Seeding,
  { projectId, name, plaintext }: Wanted & { readonly projectId: string },
): Promise<string | undefined> {
  if (plaintext === undefined && (await tx.apiKey.count({ where: { projectId, revokedAt: null } })) > 0) return undefined;
  const key = toKey(name, { keyPepper, plaintext, kind: 'api' });
  const { publicId, secretHash, redactedValue } = key.stored;
  const found = await tx.apiKey.findUnique({ where: { publicId }, select: { id: true, projectId: true, secretHash: true } });
  if (!found) {
    const { id } = await tx.apiKey.create({ data: { id: createId('key'), ...key.stored, projectId } });
    record({ type: 'api_key.created', target: { kind: 'api_key', id }, projectId, after: { name, redacted_value: redactedValue } });
  } else if (found.secretHash !== secretHash) {
    // A new pepper makes the stored hash of the same key useless, so the hash follows. A revoked key stays revoked.
    await tx.apiKey.update({ where: { publicId }, data: { secretHash } });
    record({ type: 'api_key.updated', target: { kind: 'api_key', id: found.id }, projectId: found.projectId, after: NEW_PEPPER });
  }
  return key.plaintext;
}

/** The same for administration: without a plaintext, an organization that has an admin key gets none. */
export async function seedAdminKey(
  { tx, keyPepper, record }: Seeding,
  { organizationId, ownerId, name, plaintext }: Wanted & { readonly organizationId: string; readonly ownerId: string },
): Promise<string | undefined> {
  if (plaintext === undefined && (await tx.adminApiKey.count({ where: { organizationId, revokedAt: null } })) > 0) return undefined;
  const key = toKey(name, { keyPepper, plaintext, kind: 'admin' });
  const { publicId, secretHash, redactedValue } = key.stored;
  const found = await tx.adminApiKey.findUnique({ where: { publicId }, select: { id: true, secretHash: true } });
  if (!found) {
    const { id } = await tx.adminApiKey.create({ data: { id: createId('key'), ...key.stored, organizationId, ownerId } });
    const after = { name, redacted_value: redactedValue, owner_id: ownerId };
    record({ type: 'admin_api_key.created', target: { kind: 'admin_api_key', id }, after });
  } else if (found.secretHash !== secretHash) {
    await tx.adminApiKey.update({ where: { publicId }, data: { secretHash } });
    record({ type: 'admin_api_key.updated', target: { kind: 'admin_api_key', id: found.id }, after: NEW_PEPPER });
  }
  return key.plaintext;
}

const NEW_PEPPER = { pepper: 'changed' };

type KeyOptions = { readonly keyPepper: string; readonly plaintext: string | undefined; readonly kind: ApiKeyKind };

function toKey(name: string, { kind, plaintext = generateApiKey(kind).plaintext, keyPepper }: KeyOptions) {
  const parsed = parseApiKey(plaintext);
  if (!parsed) throw new Error(`The key given for "${name}" is not a Sluice key: its shape or checksum is wrong.`);
  if (parsed.kind === 'admin' && kind === 'api') throw new Error(`The key given for "${name}" is one for administration.`);
  const stored = { publicId: parsed.publicId, secretHash: hashApiKey(plaintext, keyPepper), redactedValue: redactApiKey(plaintext), name };
  return { plaintext, stored };
}
