import { once } from 'node:events';
import { Writable } from 'node:stream';
import { createLog } from '@sluice/platform/log';
import type { RequestRow } from '@sluice/prisma/append-requests';
import { PEPPER } from '@sluice/testing/pepper';
import { startScriptedRuntime, type ScriptedRuntime } from '@sluice/testing/scripted-runtime';
import type { Script } from '@sluice/testing/scripted-session';
import { until } from '@sluice/testing/until';
import OpenAI from 'openai';
import { startGateway, type Gateway } from '../compose.ts';
import type { GatewayConfig } from '../config.ts';
import type { GatewayParts } from '../gateway-parts.ts';
import { GENERATION_LIMITS } from '../inference/generate.ts';
import { createMemoryHistory, createMemoryKeyStore, type MemoryHistory, type MemoryKeyStore } from './memory-stores.ts';
import { createScriptedLimiter } from './scripted-limiter.ts';
import { testConfig } from './test-config.ts';

export type Harness = AsyncDisposable & {
  close(): Promise<void>;
  readonly gateway: Gateway;
  readonly runtimes: readonly ScriptedRuntime[];
  /** The first of the runtimes. */
  readonly runtime: ScriptedRuntime;
  readonly keys: MemoryKeyStore;
  readonly history: MemoryHistory;
  /** A key that may do everything. */
  readonly apiKey: string;
  /** Without /v1. */
  readonly url: string;
  /** Without retries of its own. */
  readonly client: OpenAI;
  /** All log lines so far. */
  readonly logLines: readonly string[];
  /** The history row of the only request so far, once it is written. */
  onlyRow(): Promise<RequestRow>;
  metrics(): Promise<string>;
  /** Resolves when what the workers last said of themselves has arrived. */
  settled(): Promise<void>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
};

/** Without `databaseUrl` nobody can ask for administration, usage and history; without `redisUrl` idempotency and signatures are refused. */
type HarnessOptions = Partial<Pick<GatewayConfig, 'databaseUrl' | 'redisUrl' | 'trustedProxies' | 'adminRequestsPerMinute' | 'drainMs'>> & {
  readonly scripts: readonly Script[];
  readonly models?: readonly string[];
  readonly tasks?: Readonly<Record<string, readonly string[]>>;
  /** Of each of the models. */
  readonly adapters?: readonly string[];
  readonly parts?: Partial<GatewayParts>;
};

/** A gateway on a real socket, in front of scripted workers on real gRPC; keys and history are in memory. */
export async function startHarness({ scripts, models, tasks, adapters, parts, ...change }: HarnessOptions): Promise<Harness> {
  const logLines: string[] = [];
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      logLines.push(chunk.toString());
      done();
    },
  });
  const runtimes = await Promise.all(
    scripts.map((script) =>
      startScriptedRuntime({ script, ...(models ? { models } : {}), ...(tasks ? { tasks } : {}), ...(adapters ? { adapters } : {}) }),
    ),
  );
  const keys = createMemoryKeyStore(PEPPER);
  const history = createMemoryHistory();
  const config = testConfig({ ...change, runtimeAddresses: runtimes.map(({ address }) => address) });
  const log = createLog({ service: 'gateway', level: 'info', destination });
  const gateway = await startGateway(config, log, {
    keyStore: keys,
    history,
    priceStore: { readAll: async () => new Map() },
    limiter: createScriptedLimiter(),
    generationLimits: { ...GENERATION_LIMITS, rejoinMs: 2_000 },
    ...parts,
  });
  const url = `http://127.0.0.1:${gateway.port}`;
  const apiKey = keys.issue();
  await until(async () => (await gaugeSum(gateway, 'state="ready"} 1')) === runtimes.length);

  const close = async (): Promise<void> => {
    await gateway.lifecycle.close();
    await Promise.all(runtimes.map((each) => each.close()));
    destination.end();
    await once(destination, 'close');
  };
  const [runtime] = runtimes;
  if (!runtime) throw new Error('a harness needs at least one script');
  return {
    gateway,
    runtimes,
    runtime,
    keys,
    history,
    apiKey,
    url,
    client: new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 }),
    logLines,
    onlyRow: async () => {
      const row = await until(() => history.rows[0]);
      if (history.rows.length > 1) throw new Error(`there are ${history.rows.length} rows`);
      return row;
    },
    metrics: () => scrape(gateway),
    settled: async () => {
      const told = runtimes.map(({ statusSequence }) => statusSequence);
      await until(() => gateway.workers.every(({ status }, i) => (status?.sequence ?? 0) >= (told[i] ?? 0)));
    },
    post: (path, body, headers = {}) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}`, ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function scrape(gateway: Gateway): Promise<string> {
  return (await fetch(`http://127.0.0.1:${gateway.metricsPort}/metrics`)).text();
}

async function gaugeSum(gateway: Gateway, ending: string): Promise<number> {
  return (await scrape(gateway)).split('\n').filter((line) => line.startsWith('sluice_gateway_worker_state') && line.endsWith(ending))
    .length;
}
