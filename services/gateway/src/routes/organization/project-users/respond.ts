import type { ProjectUser } from '../../../admin/project-user-store.ts';
import { toUnixS } from '../../admin-list.ts';

/** OpenAI's project user object. */
export function toProjectUserObject({ id, name, email, role, createdAt }: ProjectUser) {
  return { id, object: 'organization.project.user', name, email, role, added_at: toUnixS(createdAt) };
}
