import { systemClock, type Clock } from '@sluice/platform/clock';
import { createLog } from '@sluice/platform/log';
import { createRuntimeClient } from '@sluice/proto/runtime-client';
import { startRuntimeServer } from '@sluice/proto/runtime-server';
import { createRuntimeService } from '../grpc/runtime-service.ts';
import { createStatusSource } from '../grpc/worker-status.ts';
import type { ModelRegistry } from '../models/model-registry.ts';
import type { Watermark } from '../watermark/watermark.ts';

/** Serves models over real gRPC, as a worker does. */
export async function serveModels(
  models: ModelRegistry,
  {
    drainMs = 5_000,
    watermark,
    clock = systemClock,
  }: { readonly drainMs?: number; readonly watermark?: Watermark | undefined; readonly clock?: Clock } = {},
) {
  const status = createStatusSource({
    workerId: 'w',
    backend: 'cpu',
    backendReason: 'test',
    engineVersion: 'test',
    models,
    clock,
  });
  const log = createLog({ service: 'test', level: 'silent' });
  const server = await startRuntimeServer('127.0.0.1:0', createRuntimeService({ models, status, clock, log, drainMs, watermark }));
  const client = createRuntimeClient(`127.0.0.1:${server.port}`);
  return {
    client,
    async close(): Promise<void> {
      client.close();
      await server.close(500);
      await models.close();
    },
  };
}
