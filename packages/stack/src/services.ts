import { join } from 'node:path';
import { Fault } from '@sluice/platform/fault';
import { createRuntimeClient } from '@sluice/proto/runtime-client';
import { startChild, type Child } from './child-process.ts';
import { PartFailure } from './part-failure.ts';
import { REPOSITORY } from './repository.ts';
import { waitUntil } from './wait-until.ts';

export type RuntimeOptions = {
  readonly script: string;
  readonly port: number;
  readonly metricsPort: number;
  /** A file, a configuration or an hf: name; unset means the demo model. */
  readonly model: string | undefined;
  /** Several such instead of one. */
  readonly models: readonly string[] | undefined;
  readonly logFile: string;
  readonly env: NodeJS.ProcessEnv;
};

export type GatewayOptions = {
  readonly script: string;
  readonly port: number;
  readonly metricsPort: number;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly keyPepper: string;
  readonly spoolFolder: string;
  readonly runtimePort: number;
  readonly logFile: string;
  readonly env: NodeJS.ProcessEnv;
};

export type JobsOptions = {
  readonly script: string;
  readonly metricsPort: number;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly logFile: string;
  readonly env: NodeJS.ProcessEnv;
};

const HOST = '127.0.0.1';
/** On Ctrl-C a person waits; running answers get this long to finish. */
const DRAIN_MS = 5_000;
const STOP_DEADLINE_MS = DRAIN_MS + 5_000;
const GATEWAY_DEADLINE_MS = 30_000;
/** A model named hf:… may have to be downloaded first. */
const RUNTIME_DEADLINE_MS = 30 * 60_000;
const PROBE_DEADLINE_MS = 2_000;

/** Where the services of this checkout are. */
export const SERVICE_SCRIPTS = {
  runtime: join(REPOSITORY, 'services/runtime/src/main.ts'),
  gateway: join(REPOSITORY, 'services/gateway/src/main.ts'),
  jobs: join(REPOSITORY, 'services/jobs/src/main.ts'),
};

/** Starts the runtime's process; `waitForRuntime` tells when it has loaded its model. */
export function startRuntime(options: RuntimeOptions): Promise<Child> {
  return startService('runtime', options, {
    RUNTIME_LISTEN: `${HOST}:${options.port}`,
    METRICS_HOST: HOST,
    METRICS_PORT: String(options.metricsPort),
    DRAIN_MS: String(DRAIN_MS),
    ...(options.model === undefined ? {} : { MODEL: options.model }),
    ...(options.models === undefined ? {} : { MODELS: options.models.join(',') }),
  });
}

/** Starts the gateway's process; `waitForGateway` tells when it takes requests. */
export function startGateway(options: GatewayOptions): Promise<Child> {
  return startService('gateway', options, {
    HOST,
    PORT: String(options.port),
    METRICS_HOST: HOST,
    METRICS_PORT: String(options.metricsPort),
    DATABASE_URL: options.databaseUrl,
    REDIS_URL: options.redisUrl,
    KEY_PEPPER: options.keyPepper,
    SPOOL_FOLDER: options.spoolFolder,
    RUNTIME_ADDRESSES: `${HOST}:${options.runtimePort}`,
    DRAIN_MS: String(DRAIN_MS),
  });
}

/** Starts the process of the jobs. Nobody needs to wait for it: what it is to do waits in Redis. */
export function startJobs(options: JobsOptions): Promise<Child> {
  return startService('jobs', options, {
    METRICS_HOST: HOST,
    METRICS_PORT: String(options.metricsPort),
    DATABASE_URL: options.databaseUrl,
    REDIS_URL: options.redisUrl,
    DRAIN_MS: String(DRAIN_MS),
  });
}

/** The first model that takes requests, all of them, and "cpu" or "cuda". */
type Served = { readonly model: string; readonly models: readonly string[]; readonly backend: string };

/** Resolves once the runtime takes requests and loads no more models. Rejects with its last words when none could be loaded. */
export async function waitForRuntime(child: Child, port: number): Promise<Served> {
  const client = createRuntimeClient(`${HOST}:${port}`);
  try {
    return await waitUntil(
      'loaded model',
      async () => {
        const status = await client.getStatus(PROBE_DEADLINE_MS);
        const problem = status.models.find((model) => model.problem !== '')?.problem;
        if (status.state === 'FAILED') throw new LoadFailure(problem ?? 'the model could not be loaded');
        if (status.models.some(({ state }) => state === 'LOADING')) return undefined;
        const models = status.models.filter(({ state }) => state === 'READY' || state === 'ASLEEP').map(({ name }) => name);
        const [model] = models;
        return model === undefined ? undefined : { model, models, backend: status.backend };
      },
      { deadlineMs: RUNTIME_DEADLINE_MS, signal: child.exitSignal, isFinal: (error) => error instanceof LoadFailure },
    );
  } catch (error) {
    throw new PartFailure(child, error instanceof Fault ? new Error(error.internal ?? error.message) : error);
  } finally {
    client.close();
  }
}

/** Resolves when the gateway answers GET /readyz with 200. */
export async function waitForGateway(child: Child, port: number): Promise<void> {
  const isReady = async (): Promise<true | undefined> => {
    const response = await fetch(`http://${HOST}:${port}/readyz`, { signal: AbortSignal.timeout(PROBE_DEADLINE_MS) });
    if (!response.ok) throw new Error(`GET /readyz answers ${response.status} ${(await response.text()).slice(0, 200)}`);
    return true;
  };
  try {
    await waitUntil('readiness', isReady, { deadlineMs: GATEWAY_DEADLINE_MS, signal: child.exitSignal });
  } catch (error) {
    throw new PartFailure(child, error);
  }
}

class LoadFailure extends Error {
  override readonly name = 'LoadFailure';
}

function startService(
  name: string,
  options: { script: string; logFile: string; env: NodeJS.ProcessEnv },
  env: NodeJS.ProcessEnv,
): Promise<Child> {
  return startChild({
    name,
    command: process.execPath,
    args: [options.script],
    env: { ...options.env, ...env },
    cwd: REPOSITORY,
    logFile: options.logFile,
    stopDeadlineMs: STOP_DEADLINE_MS,
  });
}
