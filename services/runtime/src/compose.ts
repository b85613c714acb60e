import { systemClock } from '@sluice/platform/clock';
import { Lifecycle } from '@sluice/platform/lifecycle';
import type { Log } from '@sluice/platform/log';
import { startMetricsServer } from '@sluice/platform/metrics-server';
import { startRuntimeServer } from '@sluice/proto/runtime-server';
import { createBreakDown } from './break-down.ts';
import type { RuntimeConfig } from './config.ts';
import { openAdapters } from './adapters/open-adapters.ts';
import { chooseBackend } from './engine/backend.ts';
import { GrammarCache } from './constraint/grammar-cache.ts';
import { GrammarWriter } from './constraint/grammar-writer.ts';
import { createRuntimeService } from './grpc/runtime-service.ts';
import { createStatusSource } from './grpc/worker-status.ts';
import { createRuntimeMetrics, exposeModels, exposeRestarts } from './metrics.ts';
import { findFiles, isDownloaded } from './models/find-files.ts';
import { totalMemoryBytes } from './models/free-memory.ts';
import { loadAnyModel } from './models/load-model.ts';
import { openLibrary } from './models/llama-library.ts';
import { ModelRegistry } from './models/model-registry.ts';
import { freeMemory } from './models/model-size.ts';
import { readModels } from './models/read-models.ts';
import { untilTrue } from './until-true.ts';
import { Watermark } from './watermark/watermark.ts';
import { startWatchdog } from './watchdog.ts';

const ENGINE_VERSION = 'node-llama-cpp 3.22.1';
/** Time for the last frames to reach the gateways. */
const CLOSE_GRACE_MS = 2_000;
const MIB = 2 ** 20;

/** How the process came to be, and how it ends when it cannot go on. */
export type WorkerProcess = {
  /** How often it was started again after a crash, and how it ended the last time. */
  readonly restarts: number;
  readonly lastExit: string;
  /** The engine failed or hangs for good: nothing native may be called any more. */
  readonly onBroken: (cause: unknown) => void;
};

/** Starts the worker; models load after the ports are open, so that their progress can be watched. */
export async function startRuntime(config: RuntimeConfig, log: Log, worker: WorkerProcess): Promise<Lifecycle> {
  const lifecycle = new Lifecycle(log);
  const clock = systemClock;
  const settings = await readModels(config);
  const { backend, reason } = chooseBackend(config.GPU);
  log.info({ backend, reason }, 'backend chosen');

  const metrics = createRuntimeMetrics({ version: ENGINE_VERSION, backend });
  const metricsServer = await startMetricsServer({ registry: metrics.registry, host: config.METRICS_HOST, port: config.METRICS_PORT });
  lifecycle.onClose('metrics server', () => metricsServer.close());

  const library = { backend, library: config.LLAMA_LIBRARY, threads: config.THREADS, poolThreads: config.UV_THREADPOOL_SIZE, log };
  const adapters = await openAdapters(settings, { config, assertRoom: (model, adapter) => models.assertRoom(model, adapter), clock, log });
  const models: ModelRegistry = new ModelRegistry({
    models: settings,
    adaptersOf: (model) => adapters.get(model),
    download: (model, steps) =>
      isDownloaded(model) ? findFiles({ ...steps, settings: model, downloadFolder: config.MODELS_FOLDER, log }) : undefined,
    load: (model, steps) =>
      loadAnyModel({
        ...library,
        ...steps,
        settings: model,
        downloadFolder: config.MODELS_FOLDER,
        prefixFolder: config.PREFIX_CACHE_FOLDER,
      }),
    freeMemory: async () => freeMemory(await openLibrary(library)),
    memoryLimitBytes: config.MODELS_MEMORY_MB === undefined ? totalMemoryBytes() : config.MODELS_MEMORY_MB * MIB,
    clock,
    log,
    observerOf: metrics.observerOf,
    queueLimit: config.QUEUE_LIMIT,
    prefillStallMs: config.PREFILL_STALL_MS,
    onBroken: (cause) => breakDown(cause),
  });
  const breakDown = createBreakDown({ models, onBroken: worker.onBroken });
  const stopWatching = startWatchdog({
    models,
    timeoutMs: config.STEP_TIMEOUT_MS,
    onHung: (stepAgeMs) => breakDown(new Error(`a step of the engine has not come to an end for ${Math.round(stepAgeMs)} ms`)),
  });
  lifecycle.onClose('watchdog', stopWatching);
  lifecycle.onClose('models', () => models.close());
  exposeModels(metrics.registry, models.hosts);
  exposeRestarts(metrics.registry, worker.restarts);
  const status = createStatusSource({
    workerId: config.WORKER_ID,
    backend,
    backendReason: reason,
    engineVersion: ENGINE_VERSION,
    models,
    clock,
    restarts: worker.restarts,
    lastExit: worker.lastExit,
  });
  const grammarWriter = new GrammarWriter();
  lifecycle.onClose('grammar writer', () => grammarWriter.close());
  grammarWriter.start();
  const server = await startRuntimeServer(
    config.RUNTIME_LISTEN,
    createRuntimeService({
      models,
      status,
      clock,
      log,
      drainMs: config.DRAIN_MS,
      watermark: watermarkFrom(config),
      grammars: new GrammarCache(grammarWriter),
    }),
  );
  lifecycle.onClose('gRPC server', () => server.close(CLOSE_GRACE_MS));
  lifecycle.onClose(
    'running generations',
    async () => {
      models.drain();
      await untilTrue(() => !models.isBusy, config.DRAIN_MS);
    },
    config.DRAIN_MS + 1_000,
  );
  log.info(
    { listen: config.RUNTIME_LISTEN, metricsPort: metricsServer.port, models: settings.map(({ name }) => name) },
    'runtime listening',
  );
  void models.start();
  return lifecycle;
}

function watermarkFrom({ WATERMARK_KEY: key, WATERMARK_GAMMA: gamma, WATERMARK_DELTA: delta }: RuntimeConfig): Watermark | undefined {
  return key === undefined ? undefined : new Watermark({ key, gamma, delta });
}
