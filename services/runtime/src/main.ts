import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '@sluice/platform/config';
import { createLog } from '@sluice/platform/log';
import { readConfig, workerEnvironment } from './config.ts';
import { chooseBackend } from './engine/backend.ts';
import { supervise } from './supervise.ts';

/** Starts the worker process with the thread pool its backend needs, and starts it again when it crashes. */
try {
  const config = readConfig();
  const { backend } = chooseBackend(config.GPU);
  const log = createLog({ service: 'runtime-supervisor', level: config.LOG_LEVEL });
  // The pool's size is read before any code runs, so it can only be set for a child. On the CPU one thread: with more,
  // a decode hops between them and takes 2 to 20 times as long. With CUDA sampling runs in the pool, on all cores.
  const poolThreads = backend === 'cpu' ? 1 : availableParallelism();
  process.exitCode = await supervise({
    script: fileURLToPath(new URL('worker.ts', import.meta.url)),
    env: workerEnvironment(poolThreads),
    isRestarting: config.SUPERVISE,
    heartbeatTimeoutMs: config.STEP_TIMEOUT_MS,
    log,
  });
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 78;
}
