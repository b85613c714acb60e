import { toProfileObjects } from '../../models/profile-objects.ts';
import { fullNameOf } from '../../keys/asked-model.ts';
import type { KnownAdapter, KnownModel } from '../../routing/worker-pool.ts';

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

/** An adapter is asked for like a model, and says whose it is, as vLLM's do. */
export function toAdapterObject(model: KnownModel, { name, isReady }: KnownAdapter) {
  const { sluice, ...base } = toModelObject(model);
  return { ...base, id: fullNameOf({ model: model.name, adapter: name }), parent: model.name, sluice: { ...sluice, ready: isReady } };
}
