import type { ProjectRecord } from '../../../admin/project-store.ts';
import { toUnixS, toUnixSOrNull } from '../../admin-list.ts';
import { fromLimits } from '../../limits-schema.ts';

/** OpenAI's project object; what only Sluice knows stands under its own name. */
export function toProjectObject(project: ProjectRecord) {
  const { id, name, createdAt, archivedAt } = project;
  return {
    id,
    object: 'organization.project',
    name,
    created_at: toUnixS(createdAt),
    archived_at: toUnixSOrNull(archivedAt),
    status: archivedAt ? 'archived' : 'active',
    sluice: toProjectSettings(project),
  };
}

export function toProjectSettings({ tierId, limits, allowedModels, storesContent }: ProjectRecord) {
  return { tier: tierId, limits: fromLimits(limits), allowed_models: allowedModels, stores_content: storesContent };
}
