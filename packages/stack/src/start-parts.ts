import { describeExit, type Child } from './child-process.ts';
import { writeJsonFile } from './json-file.ts';
import { PartFailure } from './part-failure.ts';
import { postgresUrl, startPostgres } from './postgres.ts';
import { prepareDatabase } from './prepare-database.ts';
import { identifyProcess } from './process-identity.ts';
import { findRedisProgram } from './redis-program.ts';
import { ping, redisUrl, startRedis } from './redis.ts';
import { loadSecrets, type Secrets } from './secrets.ts';
import { SERVICE_SCRIPTS, startGateway, startJobs, startRuntime, waitForGateway, waitForRuntime } from './services.ts';
import { StackParts } from './stack-parts.ts';
import type { StackPorts } from './stack-ports.ts';
import type { StackInfo, StackState } from './stack-state.ts';
import type { Progress, StackOptions } from './stack.ts';
import { waitUntil } from './wait-until.ts';

const EXTERNAL_DEADLINE_MS = 10_000;
/** Migrations and the seed take a second or two, on a busy machine ten times as long. */
const PREPARE_DEADLINE_MS = 30_000;

/** Everything a starting part needs to know. */
type Context = {
  readonly options: StackOptions;
  readonly ports: StackPorts;
  readonly secrets: Secrets;
  readonly parts: StackParts;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly say: (part: string, status: Progress['status'], detail: string) => void;
};

/** Starts the parts side by side, each as soon as what it needs is there. Rejects with the first failure once everything is stopped again. */
export async function startParts(options: StackOptions, ports: StackPorts): Promise<{ info: StackInfo; parts: StackParts }> {
  const { home } = options;
  const secrets = loadSecrets(home);
  const databaseUrl = options.databaseUrl ?? postgresUrl({ port: ports.postgres, password: secrets.postgresPassword });
  const redis = options.redisUrl ?? redisUrl(ports.redis);
  const supervisor = identifyProcess(process.pid) ?? { pid: process.pid, startedAt: '' };
  let state: StackState = { supervisor, parts: [], databaseUrl, redisUrl: redis };
  const keepState = (change: Partial<StackState>): void => {
    state = { ...state, ...change };
    writeJsonFile(home.stateFile, state);
  };
  const parts = new StackParts((children) =>
    keepState({ parts: children.map(({ name, identity, logFile }) => ({ name, identity, logFile })) }),
  );
  const say: Context['say'] = (part, status, detail) => options.onProgress?.({ part, status, detail });

  const model = await startAll({ options, ports, secrets, parts, databaseUrl, redisUrl: redis, say });
  const info = {
    baseUrl: `http://127.0.0.1:${ports.gateway}/v1`,
    metricsUrls: {
      gateway: metricsUrl(ports.gatewayMetrics),
      runtime: metricsUrl(ports.runtimeMetrics),
      jobs: metricsUrl(ports.jobsMetrics),
    },
    model,
    apiKey: secrets.apiKey,
    adminKey: secrets.adminKey,
    adminPassword: secrets.adminPassword,
    home: home.root,
  };
  keepState({ info });
  parts.watch((child, exit) => options.onPartDied?.(new PartFailure(child, new Error(describeExit(exit)))));
  return { info, parts };
}

/** Resolves with the model's name once all parts are ready. */
async function startAll(ctx: Context): Promise<string> {
  const { options, parts } = ctx;
  const aborted = new Promise<never>((_resolve, reject) => {
    const onAbort = (): void => reject(options.signal?.reason);
    if (options.signal?.aborted) onAbort();
    options.signal?.addEventListener('abort', onAbort, { once: true });
  });
  const runtime = bringUpRuntime(ctx);
  const database = bringUpDatabase(ctx);
  const redis = bringUpRedis(ctx);
  const gateway = Promise.all([database, redis]).then(() => bringUpGateway(ctx, runtime));
  // Last, so that it takes nothing from those that a person waits for.
  const jobs = gateway.then(() => bringUpJobs(ctx));
  try {
    const [model] = await Promise.race([Promise.all([runtime, gateway, jobs]), aborted]);
    return model;
  } catch (error) {
    await parts.stopAll();
    // A part that was still on its way when the others stopped sees that and stops, too.
    await Promise.allSettled([runtime, database, redis, gateway, jobs]);
    throw error;
  }
}

async function bringUpDatabase({ options, ports, secrets, parts, databaseUrl, say }: Context): Promise<void> {
  const { home, env } = options;
  if (options.databaseUrl === undefined) {
    const postgres = await startPostgres({
      data: home.postgresData,
      port: ports.postgres,
      password: secrets.postgresPassword,
      logFile: home.logFile('postgres'),
      env,
      onCreate: () => say('postgres', 'waiting', 'making a new database'),
    });
    await parts.add(postgres.child);
    say('postgres', 'ready', `127.0.0.1:${ports.postgres}`);
  } else {
    say('postgres', 'ready', 'yours, from DATABASE_URL');
  }
  say('schema', 'waiting', 'applying migrations');
  const { keyPepper, apiKey, adminKey, adminPassword } = secrets;
  const prepared = prepareDatabase(databaseUrl, { keyPepper, apiKey, adminKey, adminPassword });
  // A migration that is cut off counts as failed, and no later start would get past it.
  parts.awaitBeforeStop(prepared, PREPARE_DEADLINE_MS);
  const applied = await prepared.catch((cause: unknown) => {
    throw new Error(`The database could not be prepared: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  });
  say('schema', 'ready', applied === 0 ? 'up to date' : `${applied} ${applied === 1 ? 'migration' : 'migrations'} applied, seeded`);
}

async function bringUpRedis({ options, ports, parts, redisUrl: url, say }: Context): Promise<void> {
  const { home, env } = options;
  if (options.redisUrl !== undefined) {
    await waitUntil('answer from the Redis of REDIS_URL', () => ping(url), { deadlineMs: EXTERNAL_DEADLINE_MS });
    return say('redis', 'ready', 'yours, from REDIS_URL');
  }
  const onInstall = (): void => say('redis', 'waiting', 'none found: installing redis-server with apt-get');
  const program = await findRedisProgram({ env, mayInstall: true, onInstall });
  const redis = await startRedis({ program, data: home.redisData, port: ports.redis, logFile: home.logFile('redis'), env });
  await parts.add(redis.child);
  say('redis', 'ready', `127.0.0.1:${ports.redis}`);
}

async function bringUpRuntime({ options, ports, parts, say }: Context): Promise<string> {
  const { home, env } = options;
  const { runtime: script } = options.scripts ?? SERVICE_SCRIPTS;
  const logFile = home.logFile('runtime');
  const child = await parts.add(
    await startRuntime({
      script,
      port: ports.runtime,
      metricsPort: ports.runtimeMetrics,
      model: options.model,
      models: options.models,
      logFile,
      env,
    }),
  );
  say('runtime', 'waiting', 'loading the model');
  const { model, models, backend } = await waitForRuntime(child, ports.runtime);
  say('runtime', 'ready', `${models.join(', ')} on ${backend.toUpperCase()}`);
  return model;
}

/** Starts while the model still loads; the gateway is ready only with a runtime that is. */
async function bringUpGateway(
  { options, ports, secrets, parts, databaseUrl, redisUrl: redis, say }: Context,
  runtime: Promise<unknown>,
): Promise<void> {
  const { home, env } = options;
  const { gateway: script } = options.scripts ?? SERVICE_SCRIPTS;
  const started = startGateway({
    script,
    port: ports.gateway,
    metricsPort: ports.gatewayMetrics,
    databaseUrl,
    redisUrl: redis,
    keyPepper: secrets.keyPepper,
    spoolFolder: home.spool,
    runtimePort: ports.runtime,
    logFile: home.logFile('gateway'),
    env,
  });
  const child = await parts.add(await started);
  await Promise.race([runtime, failOnExit(child)]);
  await waitForGateway(child, ports.gateway);
  say('gateway', 'ready', `127.0.0.1:${ports.gateway}`);
}

/** Does not wait until they are ready: history waits for them. */
async function bringUpJobs({ options, ports, parts, databaseUrl, redisUrl: redis, say }: Context): Promise<void> {
  const { home, env } = options;
  const { jobs: script } = options.scripts ?? SERVICE_SCRIPTS;
  await parts.add(
    await startJobs({ script, metricsPort: ports.jobsMetrics, databaseUrl, redisUrl: redis, logFile: home.logFile('jobs'), env }),
  );
  say('jobs', 'ready', 'started');
}

async function failOnExit(child: Child): Promise<never> {
  throw new PartFailure(child, new Error(describeExit(await child.exited)));
}

function metricsUrl(port: number): string {
  return `http://127.0.0.1:${port}/metrics`;
}
