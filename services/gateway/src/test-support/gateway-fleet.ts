import { createDatabase, type Database } from '@sluice/prisma/client';
import type { Prisma } from '@sluice/prisma/generated/client';
import { seed } from '@sluice/prisma/seed';
import { startGatewayService, type GatewayService } from '@sluice/testing/gateway-service';
import { startJobsProcess } from '@sluice/testing/jobs-process';
import { PEPPER } from '@sluice/testing/pepper';
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

const TIER = 'enterprise';
/** Without any limit, and without a line, so that a test sees every refusal at once. */
const NO_LIMITS = { queueDepthMax: 0, onLimiterDown: 'local' } as const;

/** Several gateways as processes of their own, on one database and one Redis, in front of one scripted worker. One that does not start leaves nothing running. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  await using starting = new AsyncDisposableStack();
  const testDatabase = await createTestDatabase();
  starting.defer(() => testDatabase.drop());
  const redisUrl = options.redisUrl ?? starting.use(await createTestRedis()).url;
  const redis = starting.adopt(new Redis(redisUrl), (connection) => connection.disconnect());
  redis.on('error', () => {});
  const db = starting.adopt(createDatabase(testDatabase.url, { poolMax: 4 }), (database) => database.$disconnect());
  const { apiKey = '' } = await seed(db, { keyPepper: PEPPER });
  await db.tier.update({ where: { id: TIER }, data: { ...NO_LIMITS, ...options.tier } });
  const project = await db.project.findFirstOrThrow();
  const runtime = starting.adopt(await startScriptedRuntime({ script: options.script }), (worker) => worker.close());
  if (options.writesHistory) {
    const jobs = await startJobsProcess({ databaseUrl: testDatabase.url, redisUrl });
    starting.defer(async () => void (await jobs.stop()));
  }
  const startOne = () =>
    startGatewayService({
      databaseUrl: testDatabase.url,
      redisUrl,
      keyPepper: PEPPER,
      runtimeAddresses: [runtime.address],
      env: options.env,
    });
  const starts = await Promise.allSettled(Array.from({ length: options.gateways }, startOne));
  const gateways = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  starting.defer(async () => void (await Promise.all(gateways.map(({ process }) => process.stop()))));
  for (const start of starts) if (start.status === 'rejected') throw start.reason;
  const started = starting.move();
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
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}
