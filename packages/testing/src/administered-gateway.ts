import { createDatabase, type Database } from '@sluice/prisma/client';
import { seed } from '@sluice/prisma/seed';
import { waitUntil } from '@sluice/stack/wait-until';
import { startScriptedRuntime } from './scripted-runtime.ts';
import { startService, type ServiceProcess } from './service-process.ts';
import { createTestDatabase } from './test-database.ts';
import { createTestRedis } from './test-redis.ts';

export type AdministeredGateway = AsyncDisposable & {
  readonly process: ServiceProcess;
  /** Without /v1. */
  readonly url: string;
  /** Of the seeded administrator, who is an owner. */
  readonly adminKey: string;
  /** Of the project "Demo". */
  readonly apiKey: string;
  readonly db: Database;
};

const PEPPER = 'a pepper of tests of administration, 0123456789';
const READY_DEADLINE_MS = 30_000;

/** A gateway as a process on a seeded database of its own, in front of a worker that serves the model "scripted", for tests that administer it. */
export async function startAdministeredGateway(): Promise<AdministeredGateway> {
  const testDatabase = await createTestDatabase();
  const redis = await createTestRedis();
  const db = createDatabase(testDatabase.url, { poolMax: 2 });
  const { adminKey = '', apiKey = '' } = await seed(db, { keyPepper: PEPPER });
  const runtime = await startScriptedRuntime({ script: () => {} });
  const gateway = startService('gateway', {
    PORT: '0',
    METRICS_PORT: '0',
    DATABASE_URL: testDatabase.url,
    REDIS_URL: redis.url,
    KEY_PEPPER: PEPPER,
    RUNTIME_ADDRESSES: runtime.address,
  });
  const url = await waitUntil('gateway that is ready', () => readyUrl(gateway), { deadlineMs: READY_DEADLINE_MS });
  return {
    process: gateway,
    url,
    adminKey,
    apiKey,
    db,
    [Symbol.asyncDispose]: async () => {
      await gateway.stop();
      await runtime.close();
      await db.$disconnect();
      await testDatabase.drop();
      await redis.release();
    },
  };
}

async function readyUrl(gateway: ServiceProcess): Promise<string | undefined> {
  const port = gateway.logLines().find(({ msg }) => msg === 'ready')?.['port'];
  if (typeof port !== 'number') return undefined;
  const url = `http://127.0.0.1:${port}`;
  return (await fetch(`${url}/readyz`)).ok ? url : undefined;
}
