import type { UserRecord } from '../../../admin/user-store.ts';
import { toUnixS, toUnixSOrNull } from '../../admin-list.ts';
import { fromLimits } from '../../limits-schema.ts';

/** OpenAI's organization user object; what only Sluice knows stands under its own name. */
export function toUserObject(user: UserRecord, keyUsedAt: Date | undefined) {
  const { id, name, email, role, createdAt } = user;
  return {
    id,
    object: 'organization.user',
    name,
    email,
    role,
    added_at: toUnixS(createdAt),
    created: toUnixS(createdAt),
    api_key_last_used_at: keyUsedAt ? toUnixS(keyUsedAt) : null,
    is_service_account: false,
    user: { id, object: 'user', name, email, enabled: user.disabledAt === null },
    sluice: toUserSettings(user),
  };
}

export function toUserSettings({ limits, hasPassword, disabledAt }: UserRecord) {
  return { limits: fromLimits(limits), has_password: hasPassword, disabled_at: toUnixSOrNull(disabledAt) };
}
