import { createDatabase, type Database } from '@sluice/prisma/client';
import { seed } from '@sluice/prisma/seed';
import { claimPort } from '@sluice/stack/ports';
import OpenAI from 'openai';
import { startGatewayService, type GatewayService } from './gateway-service.ts';
import { PEPPER } from './pepper.ts';
import { startRuntimeProcess, type RuntimeProcess } from './runtime-process.ts';
import { startService, type ServiceProcess } from './service-process.ts';
import { startJobsProcess, type JobsProcess } from './jobs-process.ts';
import { createTestDatabase } from './test-database.ts';
import { createTestRedis } from './test-redis.ts';
import { until } from './until.ts';

export type WholeStack = {
  readonly client: OpenAI;
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly database: Database;
  readonly gateway: ServiceProcess;
  readonly jobs: JobsProcess;
  readonly runtimes: readonly RuntimeProcess[];
  /** One more gateway in front of the same workers. Whoever starts it stops it. */
  startGateway(): Promise<GatewayService>;
  close(): Promise<void>;
};

const READY_DEADLINE_MS = 60_000;

/** A real gateway, real jobs and real runtimes with the demo model as processes, on a database of their own. */
export async function startWholeStack(options: { runtimes: number; runtimeEnv?: Record<string, string> }): Promise<WholeStack> {
  const testDatabase = await createTestDatabase();
  const databaseUrl = testDatabase.url;
  const redis = await createTestRedis();
  const database = createDatabase(databaseUrl, { poolMax: 2 });
  const { apiKey } = await seed(database, { keyPepper: PEPPER });
  if (apiKey === undefined) throw new Error('the seed made no key');
  const runtimes = await Promise.all(Array.from({ length: options.runtimes }, () => startRuntimeProcess(options.runtimeEnv)));
  const claimed = await claimPort(0);
  const gateway = startService('gateway', {
    PORT: String(claimed.port),
    METRICS_PORT: '0',
    DATABASE_URL: databaseUrl,
    KEY_PEPPER: PEPPER,
    REDIS_URL: redis.url,
    RUNTIME_ADDRESSES: runtimes.map((runtime) => runtime.address).join(','),
    DRAIN_MS: '5000',
  });
  const jobs = await startJobsProcess({ databaseUrl, redisUrl: redis.url });
  const origin = `http://127.0.0.1:${claimed.port}`;
  await Promise.all(runtimes.map((runtime) => runtime.untilReady()));
  await until(async () => (await fetch(`${origin}/readyz`)).ok, READY_DEADLINE_MS);
  return {
    client: new OpenAI({ baseURL: `${origin}/v1`, apiKey, maxRetries: 0 }),
    baseUrl: `${origin}/v1`,
    apiKey,
    database,
    gateway,
    jobs,
    runtimes,
    startGateway: () =>
      startGatewayService({
        databaseUrl,
        redisUrl: redis.url,
        keyPepper: PEPPER,
        runtimeAddresses: runtimes.map((runtime) => runtime.address),
      }),
    async close() {
      await gateway.stop();
      await jobs.stop();
      await Promise.all(runtimes.map((runtime) => runtime.stop()));
      claimed.release();
      await database.$disconnect();
      await testDatabase.drop();
      await redis.release();
    },
  };
}
