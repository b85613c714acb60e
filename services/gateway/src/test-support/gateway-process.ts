import type { RequestRow } from '@sluice/prisma/append-requests';
import { createDatabase, type Database } from '@sluice/prisma/client';
import { HISTORY_QUEUE, requestRowSchema, type PackedBatch } from '@sluice/prisma/history-batch';
import { seed } from '@sluice/prisma/seed';
import { startGatewayService } from '@sluice/testing/gateway-service';
import { PEPPER } from '@sluice/testing/pepper';
import type { Script } from '@sluice/testing/scripted-session';
import { startScriptedRuntime, type ScriptedRuntime } from '@sluice/testing/scripted-runtime';
import type { ServiceProcess } from '@sluice/testing/service-process';
import { createTestDatabase } from '@sluice/testing/test-database';
import { createTestRedis } from '@sluice/testing/test-redis';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';

export type GatewayProcess = AsyncDisposable & {
  readonly process: ServiceProcess;
  readonly runtime: ScriptedRuntime;
  readonly db: Database;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly apiKey: string;
  /** The history that it has handed on, oldest first. */
  rows(): Promise<readonly RequestRow[]>;
  /** Without /v1. */
  readonly url: string;
  chat(change?: Record<string, unknown>, headers?: Record<string, string>, signal?: AbortSignal): Promise<Response>;
};

/** The gateway as it is deployed: its own process, on a database of its own, in front of a scripted worker. */
export async function startGatewayProcess(options: { script: Script; drainMs: number; prestopMs?: number }): Promise<GatewayProcess> {
  const testDatabase = await createTestDatabase();
  const redis = await createTestRedis();
  const db = createDatabase(testDatabase.url, { poolMax: 2 });
  const { apiKey = '' } = await seed(db, { keyPepper: PEPPER });
  const runtime = await startScriptedRuntime({ script: options.script });
  const { process, url } = await startGatewayService({
    databaseUrl: testDatabase.url,
    redisUrl: redis.url,
    keyPepper: PEPPER,
    runtimeAddresses: [runtime.address],
    env: { DRAIN_MS: String(options.drainMs), PRESTOP_MS: String(options.prestopMs ?? 0) },
  });
  return {
    process,
    runtime,
    db,
    databaseUrl: testDatabase.url,
    redisUrl: redis.url,
    apiKey,
    url,
    rows: () => readQueuedRows(redis.url),
    chat: (change = {}, headers = {}, signal) =>
      fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        ...(signal ? { signal } : {}),
        headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}`, ...headers },
        body: JSON.stringify({ model: 'scripted', messages: [{ role: 'user', content: 'hi' }], ...change }),
      }),
    [Symbol.asyncDispose]: async () => {
      await process.stop();
      await runtime.close();
      await db.$disconnect();
      await testDatabase.drop();
      await redis.release();
    },
  };
}

/** No jobs run here, so all of it is in the queue. */
async function readQueuedRows(redisUrl: string): Promise<readonly RequestRow[]> {
  const redis = new Redis(redisUrl);
  const queue = new Queue<PackedBatch>(HISTORY_QUEUE.name, { prefix: HISTORY_QUEUE.prefix, connection: redis });
  try {
    const jobs = await queue.getWaiting();
    return jobs.flatMap(({ data }) => data.rows.map((row) => requestRowSchema.parse(row)));
  } finally {
    await queue.close();
    redis.disconnect();
  }
}
