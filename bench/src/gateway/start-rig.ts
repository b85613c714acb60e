import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabase, type Database } from '@sluice/prisma/client';
import { startChild, type Child } from '@sluice/stack/child-process';
import { claimPort } from '@sluice/stack/ports';
import { startPostgres } from '@sluice/stack/postgres';
import { prepareDatabase } from '@sluice/stack/prepare-database';
import { findRedisProgram } from '@sluice/stack/redis-program';
import { startRedis } from '@sluice/stack/redis';
import { REPOSITORY } from '@sluice/stack/repository';
import { waitForGateway } from '@sluice/stack/services';
import { waitUntil } from '@sluice/stack/wait-until';
import type { RuntimeTotals } from './instant-runtime.ts';
import type { RuntimeQuestion } from './instant-runtime-process.ts';
import type { LoadJob, LoadResult } from './load-job.ts';
import type { UpstreamQuestion } from './mock-upstream-process.ts';
import type { GatewayBenchOptions } from './options.ts';
import { pinned, pinThisProcess } from './processors.ts';
import { seedBench, type BenchKeys } from './seed-bench.ts';
import { startWorker, type Worker } from './worker.ts';

export type Server = { readonly port: number; readonly pid: number };

/** Everything that runs for one measurement, and the folder of its logs. */
export type Rig = {
  readonly folder: string;
  readonly gateway: Server;
  readonly upstream: Server & { configure(change: Exclude<UpstreamQuestion, { listen: number }>): Promise<void> };
  readonly portkey: Server | undefined;
  readonly runtime: Worker<RuntimeQuestion, RuntimeTotals>;
  readonly load: Worker<LoadJob, LoadResult>;
  readonly keys: BenchKeys;
  readonly db: Database;
  readonly redisUrl: string;
  /** Whose processor time is worth knowing beside the gateway's. */
  readonly helpers: Readonly<Record<string, number>>;
  /** Stops the gateway, and with it ends its profile. */
  stopGateway(): Promise<void>;
};

type Deps = { readonly options: GatewayBenchOptions; readonly folder: string; readonly stack: AsyncDisposableStack };

const STOP_DEADLINE_MS = 20_000;
const READY_DEADLINE_MS = 30_000;
const JOBS_SCRIPT = join(REPOSITORY, 'services/jobs/src/main.ts');

/** Makes a folder for one rig. */
export function createRigFolder(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Starts all processes on the loopback interface and gives their stops to the stack, those that use others first. */
export async function startRig({ options, folder, stack }: Deps): Promise<Rig> {
  if (options.layout) pinThisProcess(options.layout.others);
  const deps = { options, folder, stack };
  const keyPepper = randomBytes(32).toString('hex');
  const [postgres, redis] = await Promise.all([startDatabase(deps), startLimits(deps)]);
  await prepareDatabase(postgres.url, { keyPepper });
  const db = createDatabase(postgres.url, { poolMax: 2 });
  stack.defer(() => db.$disconnect());
  const keys = await seedBench(db, keyPepper);

  const runtimePort = await takePort(stack);
  const runtime = stack.use(startWorker<RuntimeQuestion, RuntimeTotals>('instant-runtime'));
  await runtime.ask({ listen: `127.0.0.1:${runtimePort}` });
  const upstream = await startUpstream(stack);
  const load = stack.use(startWorker<LoadJob, LoadResult>('load'));

  const env = { DATABASE_URL: postgres.url, REDIS_URL: redis.url, KEY_PEPPER: keyPepper, METRICS_HOST: '127.0.0.1' };
  const jobs = existsSync(JOBS_SCRIPT) ? await startJobs(deps, env) : undefined;
  const gateway = await startGateway(deps, { ...env, RUNTIME_ADDRESSES: `127.0.0.1:${runtimePort}` });
  const portkey = options.portkey === undefined ? undefined : await startPortkey(deps, options.portkey);
  return {
    folder,
    gateway,
    upstream,
    portkey,
    runtime,
    load,
    keys,
    db,
    redisUrl: redis.url,
    helpers: {
      redis: redis.child.identity.pid,
      postgres: postgres.child.identity.pid,
      ...(jobs ? { jobs: jobs.identity.pid } : {}),
      runtime: runtime.pid,
      load: load.pid,
    },
    stopGateway: () => gateway.child.stop(),
  };
}

/** A child that comes when the others are stopped already is stopped, too. */
async function keep(stack: AsyncDisposableStack, child: Child): Promise<void> {
  if (!stack.disposed) return stack.defer(() => child.stop());
  await child.stop();
  throw new Error(`${child.name} was stopped while it started`);
}

async function takePort(stack: AsyncDisposableStack): Promise<number> {
  const { port, release } = await claimPort(0);
  stack.defer(release);
  return port;
}

/** With fsync, as in production: what history costs is part of the figures. */
async function startDatabase({ folder, stack }: Deps) {
  const port = await takePort(stack);
  const password = randomBytes(16).toString('hex');
  const postgres = await startPostgres({
    data: join(folder, 'postgres'),
    port,
    password,
    logFile: join(folder, 'postgres.log'),
    env: process.env,
  });
  await keep(stack, postgres.child);
  return postgres;
}

async function startLimits({ folder, stack }: Deps) {
  const program = await findRedisProgram({ env: process.env, mayInstall: false });
  const port = await takePort(stack);
  const redis = await startRedis({ program, data: join(folder, 'redis'), port, logFile: join(folder, 'redis.log'), env: process.env });
  await keep(stack, redis.child);
  return redis;
}

async function startUpstream(stack: AsyncDisposableStack): Promise<Rig['upstream']> {
  const port = await takePort(stack);
  const worker = stack.use(startWorker<UpstreamQuestion, undefined>('mock-upstream'));
  await worker.ask({ listen: port });
  return { port, pid: worker.pid, configure: (change) => worker.ask(change) };
}

async function startJobs({ folder, stack }: Deps, env: Readonly<Record<string, string>>): Promise<Child> {
  const port = await takePort(stack);
  const child = await startChild({
    name: 'jobs',
    command: process.execPath,
    args: [JOBS_SCRIPT],
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', ...env, METRICS_PORT: String(port) },
    cwd: REPOSITORY,
    logFile: join(folder, 'jobs.log'),
    stopDeadlineMs: STOP_DEADLINE_MS,
  });
  await keep(stack, child);
  const isReady = async (): Promise<true | undefined> => child.lastLogLines(50).some((line) => line.includes('"msg":"ready"')) || undefined;
  await waitUntil('ready line of the jobs service', isReady, { deadlineMs: READY_DEADLINE_MS, signal: child.exitSignal });
  return child;
}

async function startGateway({ options, folder, stack }: Deps, env: Readonly<Record<string, string>>) {
  const port = await takePort(stack);
  const profile = options.isProfiling ? ['--cpu-prof', `--cpu-prof-dir=${folder}`] : [];
  const child = await startChild({
    name: 'gateway',
    ...pinned(options.layout?.gateway, process.execPath, [...profile, 'services/gateway/src/main.ts']),
    env: {
      PATH: process.env['PATH'],
      NODE_ENV: 'production',
      ...env,
      PORT: String(port),
      METRICS_PORT: String(await takePort(stack)),
      SPOOL_FOLDER: makeFolder(folder, 'spool'),
      // The load comes from many addresses through one proxy, as in production.
      TRUSTED_PROXIES: '127.0.0.1',
      DRAIN_MS: '5000',
    },
    cwd: REPOSITORY,
    logFile: join(folder, 'gateway.log'),
    stopDeadlineMs: STOP_DEADLINE_MS,
  });
  await keep(stack, child);
  await waitForGateway(child, port);
  return { port, pid: child.identity.pid, child };
}

async function startPortkey({ options, folder, stack }: Deps, home: string): Promise<Server> {
  const script = join(home, 'node_modules/@portkey-ai/gateway/build/start-server.js');
  if (!existsSync(script)) throw new RangeError(`there is no Portkey in ${home}: run bench/portkey.sh ${home}`);
  const port = await takePort(stack);
  const child = await startChild({
    name: 'portkey',
    ...pinned(options.layout?.gateway, process.execPath, ['--import', join(home, 'loopback.mjs'), script, `--port=${port}`, '--headless']),
    env: { PATH: process.env['PATH'], NODE_ENV: 'production' },
    cwd: home,
    logFile: join(folder, 'portkey.log'),
    stopDeadlineMs: STOP_DEADLINE_MS,
  });
  await keep(stack, child);
  const answers = async (): Promise<true> => {
    await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(1_000) });
    return true;
  };
  await waitUntil('answer of Portkey', answers, { deadlineMs: READY_DEADLINE_MS, signal: child.exitSignal });
  return { port, pid: child.identity.pid };
}

function makeFolder(parent: string, name: string): string {
  const path = join(parent, name);
  mkdirSync(path);
  return path;
}
