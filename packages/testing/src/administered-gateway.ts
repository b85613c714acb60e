import { createDatabase, type Database } from '@sluice/prisma/client';
import { seed } from '@sluice/prisma/seed';
import { startGatewayService } from './gateway-service.ts';
import { PEPPER } from './pepper.ts';
import { startScriptedRuntime } from './scripted-runtime.ts';
import type { ServiceProcess } from './service-process.ts';
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

/** A gateway as a process on a seeded database of its own, in front of a worker that serves the model "scripted", for tests that administer it. */
export async function startAdministeredGateway(): Promise<AdministeredGateway> {
  const testDatabase = await createTestDatabase();
  const redis = await createTestRedis();
  const db = createDatabase(testDatabase.url, { poolMax: 2 });
  const { adminKey = '', apiKey = '' } = await seed(db, { keyPepper: PEPPER });
  const runtime = await startScriptedRuntime({ script: () => {}, adapters: ['poem'] });
  const { process, url } = await startGatewayService({
    databaseUrl: testDatabase.url,
    redisUrl: redis.url,
    keyPepper: PEPPER,
    runtimeAddresses: [runtime.address],
  });
  return {
    process,
    url,
    adminKey,
    apiKey,
    db,
    [Symbol.asyncDispose]: async () => {
      await process.stop();
      await runtime.close();
      await db.$disconnect();
      await testDatabase.drop();
      await redis.release();
    },
  };
}
