import { Fault } from '@sluice/platform/fault';
import type { GenerateRequest__Output } from '@sluice/proto/v1/GenerateRequest';
import type { ModelHost } from '../models/model-host.ts';
import type { Outlet } from '../scheduler/generation.ts';
import type { GenerationHandle } from '../scheduler/scheduler.ts';
import { toGeneration } from './to-generation.ts';

export type StartGeneration = (request: GenerateRequest__Output, outlet: Outlet) => GenerationHandle;

/** Hands a wire request to the model it names. Throws a Fault when there is no such model, or not yet, or it refuses. */
export function createStartGeneration(host: ModelHost): StartGeneration {
  return (request, outlet) => {
    const ready = requireModel(host, request.model);
    return ready.scheduler.submit(toGeneration(request, ready.model, outlet));
  };
}

/** The model a request names; an empty name means the only one. */
export function requireModel(host: ModelHost, name: string): ReturnType<ModelHost['require']> {
  if (name !== '' && name !== host.name) {
    throw new Fault('MODEL_NOT_FOUND', {
      message: `The model \`${name}\` does not exist or you do not have access to it.`,
      param: 'model',
    });
  }
  return host.require();
}
