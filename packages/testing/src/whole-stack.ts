import { createDatabase, type Database } from '@sluice/prisma/client';
import { seed } from '@sluice/prisma/seed';
import { createRuntimeClient } from '@sluice/proto/runtime-client';
import { claimPort } from '@sluice/stack/ports';
import { waitUntil } from '@sluice/stack/wait-until';
import OpenAI from 'openai';
import { startService, type ServiceProcess } from './service-process.ts';
import { createTestDatabase } from './test-database.ts';

export type RuntimeUnderTest = Awaited<ReturnType<typeof startRuntime>>;

export type WholeStack = {
  readonly client: OpenAI;
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly database: Database;
  readonly gateway: ServiceProcess;
  readonly runtimes: readonly RuntimeUnderTest[];
  close(): Promise<void>;
};

const PEPPER = 'a pepper of the whole-stack tests, 0123456789';
const READY_DEADLINE_MS = 30_000;

/** A real gateway and real runtimes with the demo model as processes, on a database of their own. */
export async function startWholeStack(options: { runtimes: number; runtimeEnv?: Record<string, string> }): Promise<WholeStack> {
  const testDatabase = await createTestDatabase();
  const databaseUrl = testDatabase.url;
  const database = createDatabase(databaseUrl, { poolMax: 2 });
  const { apiKey } = await seed(database, { keyPepper: PEPPER });
  if (apiKey === undefined) throw new Error('the seed made no key');
  const runtimes = await Promise.all(Array.from({ length: options.runtimes }, () => startRuntime(options.runtimeEnv ?? {})));
  const claimed = await claimPort(0);
  const gateway = startService('gateway', {
    PORT: String(claimed.port),
    METRICS_PORT: '0',
    DATABASE_URL: databaseUrl,
    KEY_PEPPER: PEPPER,
    RUNTIME_ADDRESSES: runtimes.map((runtime) => runtime.address).join(','),
    DRAIN_MS: '5000',
  });
  const origin = `http://127.0.0.1:${claimed.port}`;
  await Promise.all(runtimes.map((runtime) => runtime.untilReady()));
  await until(`the gateway to be ready`, async () => (await fetch(`${origin}/readyz`)).ok);
  return {
    client: new OpenAI({ baseURL: `${origin}/v1`, apiKey, maxRetries: 0 }),
    baseUrl: `${origin}/v1`,
    apiKey,
    database,
    gateway,
    runtimes,
    async close() {
      await gateway.stop();
      await Promise.all(runtimes.map((runtime) => runtime.service.stop()));
      for (const runtime of runtimes) runtime.close();
      claimed.release();
      await database.$disconnect();
      await testDatabase.drop();
    },
  };
}

async function startRuntime(env: Record<string, string>) {
  const claimed = await claimPort(0);
  const address = `127.0.0.1:${claimed.port}`;
  const service = startService('runtime', { RUNTIME_LISTEN: address, METRICS_PORT: '0', GPU: 'cpu', THREADS: '1', ...env });
  const client = createRuntimeClient(address);
  const status = () => client.getStatus(1_000);
  return {
    service,
    address,
    slotsBusy: async () => (await status()).models[0]?.slotsBusy ?? 0,
    untilReady: () => until('the runtime to be ready', async () => (await status()).state === 'READY'),
    tokenize: async (text: string) => (await client.tokenize({ prompt: { text } }, 1_000)).tokenIds,
    enginePid() {
      const pid = service.logLines().findLast((line) => line['service'] === 'runtime')?.['pid'];
      if (typeof pid !== 'number') throw new Error(`the runtime logged no process id:\n${service.output()}`);
      return pid;
    },
    close() {
      client.close();
      claimed.release();
    },
  };
}

/** Resolves when the probe is true; a probe that throws is not there yet. */
export async function until(what: string, probe: () => Promise<boolean>): Promise<void> {
  await waitUntil(what, async () => ((await probe().catch(() => false)) ? true : undefined), { deadlineMs: READY_DEADLINE_MS });
}
