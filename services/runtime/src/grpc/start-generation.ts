import type { GenerateRequest__Output } from '@sluice/proto/v1/GenerateRequest';
import type { ModelRegistry } from '../models/model-registry.ts';
import type { Outlet } from '../scheduler/generation.ts';
import type { GenerationHandle } from '../scheduler/scheduler.ts';
import { startLater } from './late-start.ts';
import { prepare, prepared, releasing, type Prepared } from './prepare.ts';
import { queueTimeoutMsOf, toGeneration, type WorkerExtras } from './to-generation.ts';

export type StartGeneration = (request: GenerateRequest__Output, outlet: Outlet) => GenerationHandle;

/**
 * Hands a wire request to the model it names, which may have to wake first: requests for it then wait in order. Throws a
 * Fault when there is no such model, or not yet, or it refuses.
 */
export function createStartGeneration(models: Pick<ModelRegistry, 'awake' | 'find'>, extras: WorkerExtras): StartGeneration {
  return (request, outlet) => {
    const submit = ({ generating: { model, scheduler }, adapter, release }: Prepared): GenerationHandle => {
      try {
        return scheduler.submit({ ...toGeneration(request, { model, outlet: releasing(outlet, release), ...extras }), adapter });
      } catch (error) {
        release();
        throw error;
      }
    };
    const ready = models.awake(request.model);
    const timeoutMs = queueTimeoutMsOf(request);
    if (request.adapter !== '') {
      const over = new AbortController();
      const until = prepare(request, { models, ready, signal: over.signal });
      return startLater({ until, timeoutMs, outlet, submit, drop: ({ release }) => release(), onOver: () => over.abort() });
    }
    return ready instanceof Promise ? startLater({ until: ready.then(prepared), timeoutMs, outlet, submit }) : submit(prepared(ready));
  };
}
