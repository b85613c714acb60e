import type { GenerateRequest__Output } from '@sluice/proto/v1/GenerateRequest';
import type { ModelRegistry } from '../models/model-registry.ts';
import type { Ready } from '../models/model-state.ts';
import { requireGenerating } from '../models/require-task.ts';
import type { Outlet } from '../scheduler/generation.ts';
import type { GenerationHandle } from '../scheduler/scheduler.ts';
import { startLater } from './late-start.ts';
import { queueTimeoutMsOf, toGeneration } from './to-generation.ts';

export type StartGeneration = (request: GenerateRequest__Output, outlet: Outlet) => GenerationHandle;

/**
 * Hands a wire request to the model it names, which may have to wake first: requests for it then wait in order. Throws a
 * Fault when there is no such model, or not yet, or it refuses.
 */
export function createStartGeneration(models: Pick<ModelRegistry, 'awake'>): StartGeneration {
  return (request, outlet) => {
    const submit = (ready: Ready): GenerationHandle => {
      const { model, scheduler } = requireGenerating(ready);
      return scheduler.submit(toGeneration(request, model, outlet));
    };
    const ready = models.awake(request.model);
    return ready instanceof Promise ? startLater({ until: ready, timeoutMs: queueTimeoutMsOf(request), outlet, submit }) : submit(ready);
  };
}
