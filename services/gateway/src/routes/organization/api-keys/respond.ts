import type { ApiKeyRecord } from '../../../admin/api-key-find-store.ts';
import { toUnixS, toUnixSOrNull } from '../../admin-list.ts';
import { fromLimits } from '../../limits-schema.ts';
import { toServiceAccountRole } from '../service-accounts/respond.ts';

/** OpenAI's API key object; what only Sluice knows stands under its own name. */
export function toApiKeyObject(key: ApiKeyRecord) {
  return {
    id: key.id,
    object: 'organization.project.api_key',
    name: key.name,
    redacted_value: key.redactedValue,
    created_at: toUnixS(key.createdAt),
    expires_at: toUnixSOrNull(key.expiresAt),
    last_used_at: toUnixSOrNull(key.lastUsedAt),
    owner: toOwner(key),
    owner_project_access: key.ownerHasAccess ? 'active' : 'inactive',
    sluice: toApiKeySettings(key),
  };
}

export function toApiKeySettings(key: ApiKeyRecord) {
  return {
    scopes: key.scopes,
    allowed_models: key.allowedModels,
    allowed_ips: key.allowedIps,
    limits: fromLimits(key.limits),
    requires_signature: key.requiresSignature,
    rotated_from: key.rotatedFromId,
    rotated_to: key.rotatedToId,
  };
}

/** Empty for a key that belongs to the project itself. */
export function toOwner({ owner, serviceAccount }: ApiKeyRecord) {
  if (owner) {
    const { id, name, email, role, createdAt } = owner;
    return { type: 'user', user: { id, name, email, role, created_at: toUnixS(createdAt) } };
  }
  if (!serviceAccount) return {};
  const { id, name, role, createdAt } = serviceAccount;
  return { type: 'service_account', service_account: { id, name, role: toServiceAccountRole(role), created_at: toUnixS(createdAt) } };
}
