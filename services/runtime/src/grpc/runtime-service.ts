import type { Log } from '@sluice/platform/log';
import type { RuntimeService } from '@sluice/proto/runtime-server';
import type { ModelRegistry } from '../models/model-registry.ts';
import { createAdapterCalls } from './adapter-calls.ts';
import { serveGenerate } from './generate.ts';
import { createModelCalls } from './model-calls.ts';
import { serveSession } from './session.ts';
import { createStartGeneration } from './start-generation.ts';
import { createVectorCalls } from './vector-calls.ts';
import { detokenize, tokenize } from './token-calls.ts';
import { serveStatus, type StatusSource } from './worker-status.ts';

export type RuntimeServiceOptions = {
  readonly models: ModelRegistry;
  readonly status: StatusSource;
  readonly log: Log;
  /** What running requests have to end before a model is unloaded, where the call does not say. */
  readonly drainMs: number;
};

/** The Runtime service of proto/, on the models of a worker. */
export function createRuntimeService({ models, status, log, drainMs }: RuntimeServiceOptions): RuntimeService {
  const start = createStartGeneration(models);
  return {
    session: (stream) => serveSession(stream, start, log),
    generate: (stream) => serveGenerate(stream, start),
    watchStatus: (stream) => serveStatus(stream, status, models),
    tokenize: async (request) => tokenize(await models.awake(request.model), request),
    detokenize: async (request) => detokenize(await models.awake(request.model), request),
    ...createVectorCalls(models),
    ...createModelCalls(models, { drainMs }),
    ...createAdapterCalls(models),
    getStatus: () => status.current(),
    drain: () => {
      models.drain();
      return status.current();
    },
    isServing: () => models.isServing,
    onServingChange: (listener) => models.onChange(listener),
  };
}
