import type { Clock } from '@sluice/platform/clock';
import type { Log } from '@sluice/platform/log';
import type { RuntimeService } from '@sluice/proto/runtime-server';
import { GrammarCache } from '../constraint/grammar-cache.ts';
import { GrammarWriter } from '../constraint/grammar-writer.ts';
import type { ModelRegistry } from '../models/model-registry.ts';
import type { Watermark } from '../watermark/watermark.ts';
import { createAdapterCalls } from './adapter-calls.ts';
import { createDetectWatermark } from './detect-watermark.ts';
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
  readonly clock: Clock;
  readonly log: Log;
  /** What running requests have to end before a model is unloaded, where the call does not say. */
  readonly drainMs: number;
  /** Undefined where the worker has no key for watermarks. */
  readonly watermark?: Watermark | undefined;
  /** Grammars of constrained outputs; by default on a thread of their own that ends with the process. */
  readonly grammars?: GrammarCache;
};

/** The Runtime service of proto/, on the models of a worker. */
export function createRuntimeService(options: RuntimeServiceOptions): RuntimeService {
  const { models, status, clock, log, drainMs, watermark, grammars = new GrammarCache(new GrammarWriter()) } = options;
  const start = createStartGeneration({ models, grammars, clock, watermark });
  return {
    session: (stream) => serveSession(stream, start, log),
    generate: (stream) => serveGenerate(stream, start),
    watchStatus: (stream) => serveStatus(stream, status, models),
    tokenize: async (request) => tokenize(await models.awake(request.model), request),
    detokenize: async (request) => detokenize(await models.awake(request.model), request),
    detectWatermark: createDetectWatermark(models, watermark),
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
