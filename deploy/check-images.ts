/** `pnpm check:images [name…]`: what can be known of the images without a container engine. Stages each, runs its exact command, and looks at what comes up. */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BuildContext } from './build-context.ts';
import { migrateDatabaseUrl } from './config.ts';
import { stageImage, type StagedImage } from './stage-image.ts';
import { StagedContainer } from './staged-container.ts';

const REPOSITORY = join(import.meta.dirname, '..');
const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 20_000;
/** No server listens here. */
const NOWHERE = '127.0.0.1:1';
/** Long and various enough to be taken for random. */
const PEPPER = '3f9c1b7a5d2e4860913f9c1b7a5d2e48';

/** Each resolves with what it saw, and rejects when that is wrong. */
const CHECKS: Record<string, (image: StagedImage) => Promise<string>> = {
  gateway: async (image) => {
    const unset = new StagedContainer(image, {});
    assert.notEqual((await unset.exited).code, 0);
    assert.match(unset.output, /DATABASE_URL[^]*KEY_PEPPER[^]*REDIS_URL[^]*RUNTIME_ADDRESSES/);
    const [port, metricsPort] = await freePorts();
    const env = {
      DATABASE_URL: `postgresql://sluice@${NOWHERE}/sluice`,
      KEY_PEPPER: PEPPER,
      REDIS_URL: `redis://${NOWHERE}`,
      RUNTIME_ADDRESSES: NOWHERE,
      PORT: port,
      METRICS_PORT: metricsPort,
      // The image has a folder of its own, which nobody makes here.
      SPOOL_FOLDER: join(tmpdir(), `sluice-spool-${process.pid}`),
    };
    try {
      return `refuses to start without settings; with them, but without a database, a Redis and a worker, ${await comesUp(image, env)}`;
    } finally {
      await rm(env.SPOOL_FOLDER, { recursive: true, force: true });
    }
  },
  jobs: async (image) => {
    const unset = new StagedContainer(image, {});
    assert.notEqual((await unset.exited).code, 0);
    assert.match(unset.output, /DATABASE_URL[^]*REDIS_URL/);
    const [metricsPort] = await freePorts();
    const env = { DATABASE_URL: `postgresql://sluice@${NOWHERE}/sluice`, REDIS_URL: `redis://${NOWHERE}`, METRICS_PORT: metricsPort };
    return `refuses to start without settings; with them, but without a database and a Redis, ${await comesUp(image, env)}`;
  },
  runtime: async (image) => comesUp(image, await runtimePorts()),
  'runtime-cuda': async (image) => {
    const onCpu = await comesUp(image, { ...(await runtimePorts()), GPU: 'cpu' });
    const container = new StagedContainer(image, await runtimePorts());
    const isHealthy = await container.becomesHealthy(START_DEADLINE_MS, /cannot be loaded/);
    const { code } = await container.stop(STOP_DEADLINE_MS);
    if (isHealthy) return `serves on the GPU and ends with ${code}; with GPU=cpu, ${onCpu}`;
    assert.match(container.output, /cannot be loaded|libcuda|CUDA/);
    return `finds no GPU and stays unhealthy, ends with ${code}; with GPU=cpu, ${onCpu}`;
  },
  migrate: async (image) => {
    const url = migrateDatabaseUrl();
    const container = new StagedContainer(image, { DATABASE_URL: url ?? `postgresql://sluice@${NOWHERE}/sluice`, KEY_PEPPER: PEPPER });
    const { code } = await container.exited;
    assert.match(container.output, url === undefined ? /P1001/ : /Seeded/, container.output);
    assert.equal(code === 0, url !== undefined, container.output);
    return url === undefined
      ? 'misses its database (P1001); set DATABASE_URL to an empty one to see it migrated'
      : 'migrated and seeded the database of DATABASE_URL';
  },
};

for (const name of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(CHECKS)) await check(name);

async function check(name: string): Promise<void> {
  const checkImage = CHECKS[name];
  if (!checkImage) throw new Error(`There is no image "${name}": ${Object.keys(CHECKS).join(', ')}.`);
  const folder = await mkdtemp(join(tmpdir(), `sluice-${name}-`));
  try {
    // The image's user must get in, too.
    await chmod(folder, 0o755);
    const dockerfile = await readFile(join(REPOSITORY, `deploy/${name}.Dockerfile`), 'utf8');
    say(`${name}: staging`);
    const image = await stageImage({
      dockerfile,
      context: new BuildContext(REPOSITORY),
      folder,
      onSkip: (line) => say(`${name}: not done here: ${line}`),
    });
    say(`${name}: ${await checkImage(image)}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function comesUp(image: StagedImage, env: Readonly<Record<string, string>>): Promise<string> {
  const container = new StagedContainer(image, env);
  const startMs = performance.now();
  const isHealthy = await container.becomesHealthy(START_DEADLINE_MS);
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  const { code } = await container.stop(STOP_DEADLINE_MS);
  assert.ok(isHealthy, `not healthy after ${seconds} s:\n${container.output}`);
  assert.equal(code, 0, `ended with ${code}:\n${container.output}`);
  return `healthy after ${seconds} s, ends on SIGTERM with 0`;
}

async function runtimePorts(): Promise<Record<string, string>> {
  const [port, metricsPort] = await freePorts();
  return { RUNTIME_LISTEN: `127.0.0.1:${port}`, METRICS_PORT: metricsPort };
}

async function freePorts(): Promise<[string, string]> {
  const servers = await Promise.all([listen(), listen()]);
  await Promise.all(servers.map(({ close }) => close()));
  return [servers[0].port, servers[1].port];
}

function listen(): Promise<{ port: string; close: () => Promise<unknown> }> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      resolve({ port: String(port), close: () => new Promise((done) => server.close(done)) });
    });
  });
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
