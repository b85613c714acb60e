import { toProfileObjects } from '../../models/profile-objects.ts';
import type { KnownModel } from '../../routing/worker-pool.ts';

/** OpenAI's model object; what only Sluice knows stands under its own name. */
export function toModelObject({ name, createdUnixS, contextTokensMax, tasks, isReady, profiles }: KnownModel) {
  return {
    id: name,
    object: 'model',
    created: createdUnixS,
    owned_by: 'sluice',
    sluice: { context_tokens_max: contextTokensMax, tasks, ready: isReady, profiles: toProfileObjects(profiles) },
  };
}

export function toModelList(models: readonly KnownModel[]) {
  return { object: 'list', data: models.map(toModelObject) };
}
