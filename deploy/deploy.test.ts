import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { startMetricsServer } from '../packages/platform/src/metrics-server.ts';
import { DCLinter } from 'dclint';
import { validate } from 'dockerfile-utils';
import { parse } from 'yaml';
import { z } from 'zod';
import { readConfig as readGatewayConfig } from '../services/gateway/src/config.ts';
import { readConfig as readJobsConfig } from '../services/jobs/src/config.ts';
import { readConfig as readRuntimeConfig } from '../services/runtime/src/config.ts';
import { createRuntimeMetrics, exposeModels } from '../services/runtime/src/metrics.ts';
import { readModels } from '../services/runtime/src/models/read-models.ts';
import { scriptedModels } from '../services/runtime/src/test-support/scripted-models.ts';
import { BuildContext } from './build-context.ts';
import { readComposeFile, variablesOf, type ComposeService } from './compose-file.ts';
import { drawingPanels, readDashboard } from './dashboard.ts';
import { declaredSeries } from './declared-metrics.ts';
import { finalStage, instructionsOf, parseDockerfile, readEnv, readExecForm } from './dockerfile.ts';
import { labelsIn, metricsIn } from './promql.ts';

const REPOSITORY = join(import.meta.dirname, '..');
const COMPOSE_FILE = join(REPOSITORY, 'docker-compose.yml');
const SECRETS = {
  KEY_PEPPER: '3f9c1b7a5d2e4860913f9c1b7a5d2e48',
  POSTGRES_PASSWORD: '5d2e4860913f9c1b',
  REDIS_PASSWORD: '60913f9c1b7a5d2e',
  GRAFANA_ADMIN_PASSWORD: 'secret',
};
/** Which configuration reads an image's environment, and which package is installed in it. */
const IMAGES = [
  { name: 'gateway', config: 'services/gateway/src/config.ts', folder: 'services/gateway' },
  { name: 'jobs', config: 'services/jobs/src/config.ts', folder: 'services/jobs' },
  { name: 'runtime', config: 'services/runtime/src/config.ts', folder: 'services/runtime' },
  { name: 'runtime-cuda', config: 'services/runtime/src/config.ts', folder: 'services/runtime' },
  { name: 'migrate', config: 'prisma/src/config.ts', folder: 'prisma' },
];
/** Read by Node, CUDA and Prisma rather than by us. */
const FOREIGN_VARIABLES = ['NODE_ENV', 'CUDA_CACHE_PATH', 'CUDA_CACHE_MAXSIZE', 'PRISMA_DISABLE_WARNINGS'];

const context = new BuildContext(REPOSITORY);
const compose = readComposeFile(COMPOSE_FILE, SECRETS);
const services = Object.entries(compose.services);
const workspace = readYaml('pnpm-workspace.yaml', z.object({ catalog: z.record(z.string(), z.string()) }));

describe.each(IMAGES)('the image $name', ({ name, config, folder }) => {
  const text = read(`deploy/${name}.Dockerfile`);
  const stages = parseDockerfile(text);
  const image = finalStage(stages);
  const copies = stages
    .flatMap((stage) => instructionsOf(stage, 'COPY'))
    .filter(({ flags }) => !flags.some((flag) => flag.startsWith('--from=')));
  const sources = copies.flatMap(({ rest }) => rest.split(/\s+/).slice(0, -1));

  test('has no mistakes that a linter sees', () => {
    expect(validate(text)).toEqual([]);
  });

  test('copies only what is there and reaches the builder', () => {
    expect(sources.filter((source) => context.files(source).length === 0)).toEqual([]);
  });

  test('copies every workspace package that its service depends on', () => {
    expect([...workspaceClosure(folder)].filter((needed) => !sources.includes(needed))).toEqual([]);
  });

  test('starts from pinned images', () => {
    const bases = stages.map(({ base }) => base).filter((base) => !stages.some(({ name }) => name === base));
    expect(bases.filter((base) => !/:\d/.test(base))).toEqual([]);
    expect(
      bases
        .filter((base) => base.startsWith('node:'))
        .every((base) => base.startsWith(`node:${workspace.catalog['node']?.split('.')[0]}-`)),
    ).toBe(true);
  });

  test('runs one existing program as an ordinary user and ends on SIGTERM', () => {
    expect(['node', 'ubuntu']).toContain(instructionsOf(image, 'USER').at(-1)?.rest);
    expect(instructionsOf(image, 'STOPSIGNAL').at(-1)?.rest).toBe('SIGTERM');
    const scripts =
      readExecForm(instructionsOf(image, 'CMD').at(-1)?.rest ?? '')
        .join(' ')
        .match(/\S+\.ts/g) ?? [];
    expect(scripts.length).toBeGreaterThan(0);
    expect(scripts.filter((script) => !existsSync(join(REPOSITORY, script)))).toEqual([]);
  });

  test('says how its health is told', () => {
    expect(instructionsOf(image, 'HEALTHCHECK')).toHaveLength(1);
  });

  test('sets only variables that somebody reads', () => {
    const known = new Set([...FOREIGN_VARIABLES, ...variablesRead(config)]);
    expect(Object.keys(readEnv(image)).filter((variable) => !known.has(variable))).toEqual([]);
  });
});

describe('the images', () => {
  test('use one pnpm', () => {
    const versions = IMAGES.map(({ name }) => /pnpm@(\d+\.\d+\.\d+)/.exec(read(`deploy/${name}.Dockerfile`))?.[1]);
    expect(new Set(versions).size).toBe(1);
    expect(versions[0]).toBeDefined();
  });

  test('take the CUDA binary of the node-llama-cpp that loads it', () => {
    const { dependencies } = z
      .object({ dependencies: z.record(z.string(), z.string()) })
      .parse(JSON.parse(read('deploy/cuda/package.json')));
    expect(dependencies).toEqual({ '@node-llama-cpp/linux-x64-cuda': workspace.catalog['node-llama-cpp'] });
  });

  test.each([
    '.env',
    '.git/config',
    '.sluice/secrets.json',
    'node_modules/x/index.js',
    'services/gateway/node_modules/x.js',
    'models/other.gguf',
  ])('never hold %s', (path) => {
    expect(context.isIgnored(path)).toBe(true);
  });
});

test.each(['runtime', 'runtime-cuda'])('%s is healthy while a model of its takes requests, asleep or not', async (name) => {
  const { registry } = scriptedModels({ models: [{ name: 'there' }, { name: 'lazy', isLazy: true }] });
  const metrics = createRuntimeMetrics({ version: 'test', backend: 'cpu' });
  exposeModels(metrics.registry, registry.hosts);
  const server = await startMetricsServer({ registry: metrics.registry, host: '127.0.0.1', port: 0 });
  const isHealthy = (): Promise<boolean> => succeeds(healthcheckOf(name), { METRICS_PORT: String(server.port) });
  try {
    expect(await isHealthy()).toBe(true);
    await registry.find('lazy').unload(0);
    expect(await isHealthy()).toBe(false);
    await registry.start();
    expect(await isHealthy()).toBe(true);
  } finally {
    await server.close();
    await registry.close();
  }
});

describe('docker-compose.yml', () => {
  test('follows the schema of Compose files', () => {
    const results = new DCLinter({ rules: {}, quiet: true, debug: false, exclude: [] }).lintFiles([COMPOSE_FILE], false);
    const { messages } = z
      .object({ messages: z.array(z.object({ rule: z.string(), message: z.string() })) })
      .parse(results[0] ?? { messages: [] });
    expect(messages.filter(({ rule }) => rule === 'invalid-schema')).toEqual([]);
  });

  test.each(Object.keys(SECRETS))('refuses to start without %s', (secret) => {
    expect(() => readComposeFile(COMPOSE_FILE, { ...SECRETS, [secret]: '' })).toThrow(secret);
  });

  test('asks for nothing that .env.example does not explain, and the other way round', () => {
    const explained = [...read('.env.example').matchAll(/^#?([A-Z_]+)=/gm)].map(([, variable]) => variable);
    expect(new Set(explained)).toEqual(new Set([...variablesOf(COMPOSE_FILE), 'COMPOSE_PROFILES']));
  });

  test('publishes the gateway and Grafana, and nothing else', () => {
    expect(services.filter(([, { ports }]) => ports.length > 0).map(([name]) => name)).toEqual(['gateway', 'grafana']);
  });

  test.each(services)('has everything that %s names', (_name, service) => {
    expect(Object.keys(service.depends_on).filter((name) => !(name in compose.services))).toEqual([]);
    expect(
      mountsOf(service).filter(({ source }) =>
        source.startsWith('.') ? !existsSync(join(REPOSITORY, source)) : !(source in compose.volumes),
      ),
    ).toEqual([]);
    if (service.build) expect(existsSync(join(REPOSITORY, service.build.context, service.build.dockerfile))).toBe(true);
    else expect(service.image).toMatch(/:v?\d+/);
  });

  test.each(services)('waits for %s to be healthy only where it can be', (_name, service) => {
    const waitedFor = Object.entries(service.depends_on).filter(([, { condition }]) => condition === 'service_healthy');
    expect(waitedFor.filter(([name]) => compose.services[name]?.healthcheck === undefined)).toEqual([]);
    for (const [name, { required }] of Object.entries(service.depends_on))
      expect(required).toBe(compose.services[name]?.profiles.length === 0);
  });

  test.each(IMAGES)('gives $name only variables that its configuration knows', ({ name, config }) => {
    expect(Object.keys(compose.services[name]?.environment ?? {}).filter((variable) => !variablesRead(config).includes(variable))).toEqual(
      [],
    );
  });

  test('gives gateway, jobs and runtime configurations that they accept', () => {
    expect(readJobsConfig(environmentOf('jobs'))).toMatchObject({ metricsHost: '0.0.0.0', historyDays: 90, contentDays: 30 });
    const gateway = readGatewayConfig(environmentOf('gateway'));
    expect(gateway).toMatchObject({ host: '0.0.0.0', port: 8080, runtimeAddresses: ['runtime:50051'] });
    for (const name of ['runtime', 'runtime-cuda'])
      expect(readRuntimeConfig(environmentOf(name))).toMatchObject({
        RUNTIME_LISTEN: '0.0.0.0:50051',
        SUPERVISE: false,
      });
  });

  test.each(['runtime', 'runtime-cuda'])('lets %s have one model, several, or the demo model', async (name) => {
    const modelsWith = async (env: Record<string, string>): Promise<string[]> => {
      const given = readComposeFile(COMPOSE_FILE, { ...SECRETS, ...env }).services[name]?.environment;
      return (await readModels(readRuntimeConfig({ ...environmentOf(name), ...given }))).map((model) => model.name);
    };
    expect(await modelsWith({})).toEqual(['demo-chat']);
    expect(await modelsWith({ MODEL: 'hf:a/b:Q8_0' })).toEqual(['a/b:Q8_0']);
    expect(await modelsWith({ MODELS: 'hf:a/b:Q8_0,hf:c/d:Q8_0' })).toEqual(['a/b:Q8_0', 'c/d:Q8_0']);
  });

  test('passes on every setting of the runtime that an operator may want to change', () => {
    const settled = [
      'RUNTIME_LISTEN',
      'METRICS_HOST',
      'METRICS_PORT',
      'GPU',
      'LLAMA_LIBRARY',
      'UV_THREADPOOL_SIZE',
      'WORKER_ID',
      'SUPERVISE',
    ];
    const folders = ['MODELS_FOLDER', 'ADAPTERS_FOLDER', 'PREFIX_CACHE_FOLDER'];
    const passed = Object.keys(compose.services['runtime']?.environment ?? {});
    expect(variablesRead('services/runtime/src/config.ts').filter((name) => ![...settled, ...folders, ...passed].includes(name))).toEqual(
      [],
    );
  });

  test('gives everybody the password of the Redis that asks for one', () => {
    expect(compose.services['redis']?.command?.join(' ')).toContain(`--requirepass ${SECRETS.REDIS_PASSWORD}`);
    const urls = services.flatMap(([, { environment }]) => environment['REDIS_URL'] ?? []);
    expect(urls.length).toBeGreaterThan(1);
    expect(urls.map((url) => new URL(url).password)).toEqual(urls.map(() => SECRETS.REDIS_PASSWORD));
  });

  test('keeps the history that waits on disk, and the queue that it waits for', () => {
    const gateway = compose.services['gateway'];
    expect(gateway && mountsOf(gateway)).toContainEqual({ source: 'gateway-spool', target: environmentOf('gateway')['SPOOL_FOLDER'] });
    expect(compose.services['redis']?.command?.join(' ')).toContain('--maxmemory-policy noeviction --appendonly yes');
  });

  test.each(['gateway', 'jobs', 'runtime', 'runtime-cuda'])('leaves %s more time to stop than it takes to drain', (name) => {
    const service = compose.services[name];
    expect(Number.parseInt(service?.stop_grace_period ?? '', 10) * 1000).toBeGreaterThan(Number(service?.environment['DRAIN_MS']) + 5_000);
  });
});

describe('Prometheus', () => {
  const config = readYaml(
    'deploy/prometheus/prometheus.yml',
    z.looseObject({
      global: z.looseObject({ scrape_interval: z.string() }),
      scrape_configs: z.array(z.looseObject({ job_name: z.string(), static_configs: z.array(z.object({ targets: z.array(z.string()) })) })),
    }),
  );

  test('scrapes the metrics ports of gateway, jobs and runtime', () => {
    const targets = config.scrape_configs.flatMap(({ static_configs }) => static_configs.flatMap((group) => group.targets));
    expect(targets).toEqual(
      expect.arrayContaining(['gateway', 'jobs', 'runtime'].map((name) => `${name}:${environmentOf(name)['METRICS_PORT']}`)),
    );
    expect(compose.services['runtime-cuda']?.networks['default']?.aliases).toContain('runtime');
  });

  test('scrapes as often as Grafana believes', () => {
    const sources = readYaml(
      'grafana/provisioning/datasources/prometheus.yml',
      z.object({ datasources: z.array(z.looseObject({ jsonData: z.looseObject({ timeInterval: z.string() }) })) }),
    );
    expect(sources.datasources[0]?.jsonData.timeInterval).toBe(config.global.scrape_interval);
  });
});

describe('Grafana', () => {
  const grafana = compose.services['grafana'];
  const inRepository = (path: string): string | undefined => {
    const mount = grafana && mountsOf(grafana).find(({ target }) => path === target || path.startsWith(`${target}/`));
    return mount && normalize(`${mount.source}${path.slice(mount.target.length)}`);
  };

  test('finds its provisioning, its dashboards and the one it opens with', () => {
    const { providers } = readYaml(
      'grafana/provisioning/dashboards/sluice.yml',
      z.object({ providers: z.array(z.looseObject({ options: z.object({ path: z.string() }) })) }),
    );
    expect(inRepository('/etc/grafana/provisioning')).toBe('grafana/provisioning');
    expect(providers.map(({ options }) => inRepository(options.path))).toEqual(['grafana/dashboards']);
    expect(
      existsSync(join(REPOSITORY, inRepository(grafana?.environment['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH'] ?? '') ?? 'nowhere')),
    ).toBe(true);
  });

  test('asks a Prometheus that exists', () => {
    const { datasources } = readYaml(
      'grafana/provisioning/datasources/prometheus.yml',
      z.object({ datasources: z.array(z.looseObject({ uid: z.string(), type: z.string(), url: z.string() })) }),
    );
    expect(datasources.map(({ type, url }) => [type, new URL(url).hostname in compose.services])).toEqual([['prometheus', true]]);
  });
});

const series = declaredSeries();

describe.each(readdirSync(join(REPOSITORY, 'grafana/dashboards')))('the dashboard %s', (file) => {
  const dashboard = readDashboard(join(REPOSITORY, 'grafana/dashboards', file));
  const panels = drawingPanels(dashboard);

  test('lets the reader choose the data source, and every panel follows', () => {
    expect(dashboard.templating.list).toContainEqual(
      expect.objectContaining({ name: 'datasource', type: 'datasource', query: 'prometheus' }),
    );
    expect(panels.filter(({ datasource }) => datasource?.uid !== '${datasource}')).toEqual([]);
  });

  test('gives every panel a question or a claim, a description, a unit and a query', () => {
    const lacking = panels.filter(
      ({ title, description, fieldConfig, targets }) =>
        title.split(' ').length < 3 || description === '' || !fieldConfig?.defaults.unit || targets.length === 0,
    );
    expect(lacking.map(({ title }) => title)).toEqual([]);
  });

  test('fills 24 columns without overlap', () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(cells.length).toBe(24 * Math.max(...dashboard.panels.map(({ gridPos }) => gridPos.y + gridPos.h)));
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  });

  test('reads only metrics and labels that the services declare', () => {
    const unknown = panels.flatMap(({ title, targets }) =>
      targets.flatMap(({ expr }) => unknownIn(expr).map((name) => `${title} ${name}`)),
    );
    expect(unknown).toEqual([]);
  });
});

test('the dashboards draw every metric of our own', () => {
  const files = readdirSync(join(REPOSITORY, 'grafana/dashboards'));
  const drawn = new Set(
    files.flatMap((file) =>
      drawingPanels(readDashboard(join(REPOSITORY, 'grafana/dashboards', file))).flatMap(({ targets }) =>
        targets.flatMap(({ expr }) => metricsIn(expr).map(metricOf)),
      ),
    ),
  );
  const own = new Set([...series.keys()].filter((name) => name.startsWith('sluice_')).map(metricOf));
  expect([...own].filter((name) => !drawn.has(name))).toEqual([]);
});

test('finds the metrics and labels of an expression', () => {
  const expr =
    'histogram_quantile(0.9, sum by (le) (rate(a_bucket{x="b{c}", y!=""}[5m]))) or on(z) label_replace(vector(0), "q", "none", "", "") / (d > 0)';
  expect(metricsIn(expr)).toEqual(['a_bucket', 'd']);
  expect(labelsIn(expr)).toEqual(['x', 'y', 'le', 'z']);
});

/** Metrics that no service declares, and labels that none of the expression's metrics has. */
function unknownIn(expr: string): readonly string[] {
  const metrics = metricsIn(expr);
  const labels = new Set(metrics.flatMap((metric) => [...(series.get(metric) ?? [])]));
  return [...metrics.filter((metric) => !series.has(metric)), ...labelsIn(expr).filter((label) => !labels.has(label))];
}

/** The metric that a series belongs to: a histogram has three. */
function metricOf(name: string): string {
  return name.replace(/_(bucket|sum|count)$/, '');
}

/** The folders of a workspace package and of all that it depends on. */
function workspaceClosure(folder: string, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(folder)) return found;
  found.add(folder);
  const { dependencies } = z
    .object({ dependencies: z.record(z.string(), z.string()).default({}) })
    .parse(JSON.parse(read(`${folder}/package.json`)));
  const folders: Record<string, string> = { '@sluice/platform': 'packages/platform', '@sluice/prisma': 'prisma', '@sluice/proto': 'proto' };
  for (const [name, version] of Object.entries(dependencies))
    if (version.startsWith('workspace:')) workspaceClosure(folders[name] ?? name, found);
  return found;
}

/** The names in a config.ts: its schemas are not exported, and their keys are the only such words at the start of a line. */
function variablesRead(config: string): readonly string[] {
  return [...read(config).matchAll(/^\s+([A-Z][A-Z0-9_]+):/gm)].map(([, name = '']) => name);
}

/** What a service of ours is started with: the image's variables, and over them those of Compose. */
function environmentOf(name: string): Record<string, string> {
  const { dockerfile = '' } = compose.services[name]?.build ?? {};
  return { ...readEnv(finalStage(parseDockerfile(read(dockerfile)))), ...compose.services[name]?.environment };
}

function healthcheckOf(name: string): readonly string[] {
  const [instruction] = instructionsOf(finalStage(parseDockerfile(read(`deploy/${name}.Dockerfile`))), 'HEALTHCHECK');
  return readExecForm((instruction?.rest ?? '').replace(/^CMD\s+/, ''));
}

/** Runs a command of Node's. */
function succeeds([, ...args]: readonly string[], env: Readonly<Record<string, string>>): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env, timeout: 30_000 }, (error) => resolve(error === null));
  });
}

function mountsOf({ volumes }: ComposeService): readonly { source: string; target: string }[] {
  return volumes.map((volume) => {
    const [source = '', target = ''] = volume.split(':');
    return { source, target };
  });
}

function read(path: string): string {
  return readFileSync(join(REPOSITORY, path), 'utf8');
}

function readYaml<Schema extends z.ZodType>(path: string, schema: Schema): z.infer<Schema> {
  return schema.parse(parse(read(path)));
}
