import { createDatabase, type Database } from '@sluice/prisma/client';
import type { Prisma } from '@sluice/prisma/generated/client';
import { seed } from '@sluice/prisma/seed';
import { startGatewayService, type GatewayService } from '@sluice/testing/gateway-service';
import { startJobsProcess } from '@sluice/testing/jobs-process';
import { startScriptedRuntime, type ScriptedRuntime } from '@sluice/testing/scripted-runtime';
import type { Script } from '@sluice/testing/scripted-session';
import { createTestDatabase } from '@sluice/testing/test-database';
import { createTestRedis } from '@sluice/testing/test-redis';
import { Redis } from 'ioredis';

export type Fleet = AsyncDisposable & {
  readonly gateways: readonly GatewayService[];
  readonly runtime: ScriptedRuntime;
  readonly db: Database;
  readonly redis: Redis;
  readonly apiKey: string;
  readonly projectId: string;
  /** Posts a chat to one of the gateways. */
  chat(
    gateway: number,
    change?: Record<string, unknown>,
    options?: { headers?: Record<string, string>; signal?: AbortSignal },
  ): Promise<Response>;
};

type FleetOptions = {
  readonly gateways: number;
  readonly script: Script;
  /** What the tier of the only project allows; nothing else limits. */
  readonly tier?: Prisma.TierUpdateInput;
  /** One of the caller's own instead of a database in the shared one. */
  readonly redisUrl?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Starts the jobs as well, so that history reaches Postgres. */
  readonly writesHistory?: boolean;
};

const PEPPER = 'a pepper for tests, long enough to be one';
const TIER = 'enterprise';
/** Without any limit, and without a line, so that a test sees every refusal at once. */
const NO_LIMITS = { queueDepthMax: 0, onLimiterDown: 'local' } as const;

/** Several gateways as processes of their own, on one database and one Redis, in front of one scripted worker. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const testDatabase = await createTestDatabase();
  const testRedis = options.redisUrl === undefined ? await createTestRedis() : undefined;
  const redisUrl = options.redisUrl ?? testRedis?.url ?? '';
  const redis = new Redis(redisUrl);
  redis.on('error', () => {});
  const db = createDatabase(testDatabase.url, { poolMax: 4 });
  const { apiKey = '' } = await seed(db, { keyPepper: PEPPER });
  await db.tier.update({ where: { id: TIER }, data: { ...NO_LIMITS, ...options.tier } });
  const project = await db.project.findFirstOrThrow();
  const runtime = await startScriptedRuntime({ script: options.script });
  const startOne = () =>
    startGatewayService({
      databaseUrl: testDatabase.url,
      redisUrl,
      keyPepper: PEPPER,
      runtimeAddresses: [runtime.address],
      env: options.env,
    });
  const jobs = options.writesHistory ? await startJobsProcess({ databaseUrl: testDatabase.url, redisUrl }) : undefined;
  const gateways = await Promise.all(Array.from({ length: options.gateways }, startOne));
  return {
    gateways,
    runtime,
    db,
    redis,
    apiKey,
    projectId: project.id,
    chat: (gateway, change = {}, { headers = {}, signal } = {}) =>
      fetch(`${gateways[gateway]?.url}/v1/chat/completions`, {
        method: 'POST',
        ...(signal ? { signal } : {}),
        headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}`, ...headers },
        body: JSON.stringify({ model: 'scripted', messages: [{ role: 'user', content: 'hi' }], ...change }),
      }),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(gateways.map(({ process }) => process.stop()));
      await jobs?.stop();
      await runtime.close();
      await db.$disconnect();
      redis.disconnect();
      await testDatabase.drop();
      await testRedis?.release();
    },
  };
}
