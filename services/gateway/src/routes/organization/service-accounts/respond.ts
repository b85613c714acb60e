import type { Role, ServiceAccount } from '@sluice/prisma/generated/client';
import type { AccountKey } from '../../../admin/service-account-store.ts';
import { toUnixS, toUnixSOrNull } from '../../admin-list.ts';

/** OpenAI's service account object. */
export function toServiceAccountObject({ id, name, role, createdAt }: ServiceAccount) {
  return {
    id,
    object: 'organization.project.service_account',
    name,
    role: toServiceAccountRole(role),
    created_at: toUnixS(createdAt),
  };
}

/** OpenAI calls the least of roles "none". */
export function toServiceAccountRole(role: Role): Role | 'none' {
  return role === 'viewer' ? 'none' : role;
}

/** With the only copy of the key's secret. */
export function toAccountKeyObject({ id, name, createdAt, expiresAt, value }: AccountKey) {
  return {
    id,
    object: 'organization.project.service_account.api_key',
    name,
    created_at: toUnixS(createdAt),
    expires_at: toUnixSOrNull(expiresAt),
    value,
  };
}
