import { toFault } from '@sluice/platform/fault';
import { toGrpcStatus } from '@sluice/proto/fault-status';
import type { LoadStream, RuntimeExtras } from '@sluice/proto/runtime-server';
import type { ModelRegistry } from '../models/model-registry.ts';

/** Often enough for a person who watches. */
const PROGRESS_INTERVAL_MS = 250;

/** The calls that load, unload and pin models. A load goes on when nobody waits for it any more. */
export function createModelCalls(
  models: Pick<ModelRegistry, 'find'>,
  { drainMs }: { readonly drainMs: number },
): Pick<RuntimeExtras, 'loadModel' | 'unloadModel' | 'pinModel'> {
  return {
    loadModel: (stream) => serveLoad(stream, models),
    unloadModel: async (request) => {
      const host = models.find(request.model);
      // The worker's own bound is what its orchestrator waits for.
      await host.unload(request.drainMs > 0 ? Math.min(request.drainMs, drainMs) : drainMs);
      return host.status();
    },
    pinModel: ({ model, isPinned }) => {
      const host = models.find(model);
      host.pin(isPinned);
      return host.status();
    },
  };
}

/** Its status until it is ready or has failed. Not enough memory, which may be there the next time, is the call's own failure. */
function serveLoad(stream: LoadStream, models: Pick<ModelRegistry, 'find'>): void {
  const host = models.find(stream.request.model);
  const loaded = host.load();
  stream.write(host.status());
  const timer = setInterval(() => stream.write(host.status()), PROGRESS_INTERVAL_MS);
  const stop = (): void => clearInterval(timer);
  stream.on('cancelled', stop);
  stream.on('close', stop);
  stream.on('error', stop);
  const end = (): void => {
    stop();
    stream.write(host.status());
    stream.end();
  };
  loaded.then(end, (error: unknown) => {
    const fault = toFault(error);
    if (fault.code !== 'INSUFFICIENT_MEMORY') return end();
    stop();
    stream.emit('error', toGrpcStatus(fault));
  });
}
