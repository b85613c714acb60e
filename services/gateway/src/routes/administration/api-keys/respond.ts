import type { ApiKeyRecord } from '../../../admin/api-key-find-store.ts';
import { toUnixS, toUnixSOrNull } from '../../admin-list.ts';
import { toApiKeySettings, toOwner } from '../../organization/api-keys/respond.ts';

/** A key with everything that Sluice knows of it. */
export function toKeyObject(key: ApiKeyRecord) {
  return {
    id: key.id,
    object: 'sluice.api_key',
    name: key.name,
    project_id: key.projectId,
    redacted_value: key.redactedValue,
    owner: toOwner(key),
    ...toApiKeySettings(key),
    created_at: toUnixS(key.createdAt),
    expires_at: toUnixSOrNull(key.expiresAt),
    revoked_at: toUnixSOrNull(key.revokedAt),
    last_used_at: toUnixSOrNull(key.lastUsedAt),
  };
}
