import type { Log } from '@sluice/platform/log';
import type { RuntimeService } from '@sluice/proto/runtime-server';
import type { ModelHost } from '../models/model-host.ts';
import { serveGenerate } from './generate.ts';
import { serveSession } from './session.ts';
import { createStartGeneration, requireModel } from './start-generation.ts';
import { toPromptSource } from './to-generation.ts';
import { serveStatus, type StatusSource } from './worker-status.ts';

/** The Runtime service of proto/, on one model host. */
export function createRuntimeService(host: ModelHost, status: StatusSource, log: Log): RuntimeService {
  const start = createStartGeneration(host);
  return {
    session: (stream) => serveSession(stream, start, log),
    generate: (stream) => serveGenerate(stream, start),
    watchStatus: (stream) => serveStatus(stream, status, host),
    tokenize: async (request) => {
      const { model } = requireModel(host, request.model);
      return { tokenIds: [...model.encodePrompt(toPromptSource(request.prompt))], contextTokensMax: model.engine.contextTokens };
    },
    getStatus: () => status.current(),
    drain: () => {
      host.drain();
      return status.current();
    },
    isServing: () => host.isServing,
    onServingChange: (listener) => host.onChange(listener),
  };
}
