import type { AdminKey } from '../../../admin/admin-key-store.ts';
import { toUnixS, toUnixSOrNull } from '../../admin-list.ts';

/** OpenAI's admin API key object. */
export function toAdminKeyObject({ id, name, redactedValue, createdAt, expiresAt, lastUsedAt, owner }: AdminKey) {
  return {
    id,
    object: 'organization.admin_api_key',
    name,
    redacted_value: redactedValue,
    created_at: toUnixS(createdAt),
    expires_at: toUnixSOrNull(expiresAt),
    last_used_at: toUnixSOrNull(lastUsedAt),
    owner: {
      type: 'user',
      object: 'organization.user',
      id: owner.id,
      name: owner.name,
      role: owner.role,
      created_at: toUnixS(owner.createdAt),
    },
  };
}
