import { systemClock } from '@sluice/platform/clock';
import { Lifecycle } from '@sluice/platform/lifecycle';
import type { Log } from '@sluice/platform/log';
import { startMetricsServer } from '@sluice/platform/metrics-server';
import { startRuntimeServer } from '@sluice/proto/runtime-server';
import type { RuntimeConfig } from './config.ts';
import { chooseBackend } from './engine/backend.ts';
import { createRuntimeService } from './grpc/runtime-service.ts';
import { createStatusSource } from './grpc/worker-status.ts';
import { createRuntimeMetrics, exposeModel } from './metrics.ts';
import { loadModel } from './models/load-model.ts';
import { ModelHost } from './models/model-host.ts';
import { readModelSettings } from './models/model-settings.ts';
import { untilIdle } from './until-idle.ts';

const ENGINE_VERSION = 'node-llama-cpp 3.22.1';
/** Time for the last frames to reach the gateways. */
const CLOSE_GRACE_MS = 2_000;

/** Starts the worker; the model loads after the ports are open, so that its progress can be watched. */
export async function startRuntime(config: RuntimeConfig, log: Log, onBroken: (cause: unknown) => void): Promise<Lifecycle> {
  const lifecycle = new Lifecycle(log);
  const clock = systemClock;
  const fromFile = await readModelSettings(config.MODEL);
  const settings = {
    ...fromFile,
    name: config.MODEL_NAME ?? fromFile.name,
    slots: config.SLOTS ?? fromFile.slots,
    contextTokens: config.CONTEXT_TOKENS ?? fromFile.contextTokens,
  };
  const { backend, reason } = chooseBackend(config.GPU);
  log.info({ backend, reason }, 'backend chosen');

  const metrics = createRuntimeMetrics({ version: ENGINE_VERSION, backend });
  const metricsServer = await startMetricsServer({ registry: metrics.registry, host: config.METRICS_HOST, port: config.METRICS_PORT });
  lifecycle.onClose('metrics server', () => metricsServer.close());

  const host = new ModelHost({
    name: settings.name,
    load: (onProgress) =>
      loadModel({
        settings,
        backend,
        library: config.LLAMA_LIBRARY,
        threads: config.THREADS,
        downloadFolder: config.MODELS_FOLDER,
        log,
        onProgress,
      }),
    clock,
    log,
    observer: metrics.observer,
    queueLimit: config.QUEUE_LIMIT,
    prefillStallMs: config.PREFILL_STALL_MS,
    onBroken,
  });
  lifecycle.onClose('model', () => host.close());
  exposeModel(metrics.registry, host);

  const status = createStatusSource({
    workerId: config.WORKER_ID,
    backend,
    backendReason: reason,
    engineVersion: ENGINE_VERSION,
    host,
    clock,
  });
  const server = await startRuntimeServer(config.RUNTIME_LISTEN, createRuntimeService(host, status, log));
  lifecycle.onClose('gRPC server', () => server.close(CLOSE_GRACE_MS));
  lifecycle.onClose(
    'running generations',
    async () => {
      host.drain();
      await untilIdle(host, config.DRAIN_MS);
    },
    config.DRAIN_MS + 1_000,
  );
  log.info({ listen: config.RUNTIME_LISTEN, metricsPort: metricsServer.port, model: settings.name }, 'runtime listening');
  void host.start();
  return lifecycle;
}
