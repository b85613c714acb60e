import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createDatabase, type Database } from '@sluice/prisma/client';
import { seed } from '@sluice/prisma/seed';
import { startGatewayService, type GatewayService } from '@sluice/testing/gateway-service';
import { startJobsProcess, type JobsProcess } from '@sluice/testing/jobs-process';
import { startOwnRedis, type OwnRedis } from '@sluice/testing/own-redis';
import { PEPPER } from '@sluice/testing/pepper';
import { startScriptedRuntime, type ScriptedRuntime } from '@sluice/testing/scripted-runtime';
import { say } from '@sluice/testing/scripts';
import { createTestDatabase, type TestDatabase } from '@sluice/testing/test-database';
import { until } from '@sluice/testing/until';

/** A gateway, its jobs and a Redis as processes of their own: what clients were answered is what history holds. */
const TIMEOUT_MS = 90_000;
/** Of rows whose queue was away. */
const WITHIN_MS = 40_000;

let database: TestDatabase;
let redis: OwnRedis;
let db: Database;
let runtime: ScriptedRuntime;
let jobs: JobsProcess;
let apiKey: string;
let spoolFolder: string;
let gateways: GatewayService[];

beforeAll(async () => {
  [database, redis, runtime] = await Promise.all([
    createTestDatabase(),
    startOwnRedis(),
    startScriptedRuntime({ script: say(['a', 'b', 'c']) }),
  ]);
  db = createDatabase(database.url, { poolMax: 2 });
  apiKey = (await seed(db, { keyPepper: PEPPER })).apiKey ?? '';
  jobs = await startJobsProcess({ databaseUrl: database.url, redisUrl: redis.url });
}, TIMEOUT_MS);

afterAll(async () => {
  await jobs.stop();
  await runtime.close();
  await db.$disconnect();
  await Promise.all([database.drop(), redis[Symbol.asyncDispose]()]);
}, TIMEOUT_MS);

beforeEach(async () => {
  await db.requestLog.deleteMany();
  spoolFolder = mkdtempSync(join(tmpdir(), 'sluice-spool-'));
  gateways = [];
});

afterEach(async () => {
  await Promise.all(gateways.map(({ process }) => process.stop()));
  rmSync(spoolFolder, { recursive: true });
}, TIMEOUT_MS);

describe('the history of a gateway', () => {
  test(
    'tells of a request who sent it and from where, what served it, how it went, how long it took and what it cost',
    async () => {
      const price = { inputMicroUsd: 1_000_000, cachedInputMicroUsd: 0, outputMicroUsd: 2_000_000 };
      await db.modelPrice.upsert({ where: { model: 'scripted' }, update: price, create: { model: 'scripted', ...price } });
      const { id: ownerId } = await db.user.findFirstOrThrow();
      const { id: apiKeyId, projectId } = await db.apiKey.update({
        where: { id: (await db.apiKey.findFirstOrThrow()).id },
        data: { ownerId },
      });
      const gateway = await startGateway();
      const traceId = 'c0ffee'.repeat(6).slice(0, 32);
      const headers = { 'user-agent': 'a client', 'x-stainless-retry-count': '2', traceparent: `00-${traceId}-${'1'.repeat(16)}-01` };
      const answer = await ask(gateway, { stream: true }, headers);
      await answer.text();
      await until(async () => (await db.requestLog.count()) === 1, WITHIN_MS);
      expect(await db.requestLog.findFirstOrThrow()).toEqual({
        requestId: answer.headers.get('x-request-id'),
        apiKeyId,
        projectId,
        userId: ownerId,
        tierId: 'enterprise',
        endpoint: 'chat.completions',
        model: 'scripted',
        // No worker serves adapters yet.
        adapter: null,
        worker: runtime.address,
        statusCode: 200,
        outcome: 'completed',
        errorCode: null,
        finishReason: 'length',
        stream: true,
        promptTokens: 7,
        cachedTokens: 0,
        completionTokens: 3,
        costNanoUsd: 7_000n + 6_000n,
        // It waited for no limit.
        waitMs: null,
        queueMs: expect.any(Number),
        ttftMs: expect.any(Number),
        durationMs: expect.any(Number),
        userAgent: 'a client',
        clientIpHash: expect.stringMatching(/^[0-9a-f]{32}$/),
        retryCount: 2,
        tries: 1,
        traceId,
        createdAt: expect.any(Date),
      });
      await db.modelPrice.deleteMany();
    },
    TIMEOUT_MS,
  );

  test(
    'holds every request that was answered while Redis restarted, once, with its tokens',
    async () => {
      const gateway = await startGateway();
      const statuses = await underLoad(gateway, async () => {
        await redis.stop();
        await until(async () => (await gauge(gateway, 'history_spool_bytes')) > 0, WITHIN_MS);
        await redis.start();
      });
      await holds(statuses);
      expect(await gauge(gateway, 'history_dropped_total')).toBe(0);
    },
    TIMEOUT_MS,
  );

  test(
    'is taken over from disk when the gateway was killed',
    async () => {
      const gateway = await startGateway();
      await redis.stop();
      const statuses = await underLoad(gateway, async () => {
        await until(async () => (await gauge(gateway, 'history_spool_bytes')) > 0, WITHIN_MS);
      });
      await until(async () => (await gauge(gateway, 'history_queue_depth')) === 0, WITHIN_MS);
      gateway.process.child.kill('SIGKILL');
      await once(gateway.process.child, 'exit');
      await redis.start();
      expect(await db.requestLog.count()).toBe(0);
      const heir = await startGateway();
      await holds(statuses);
      expect(await gauge(heir, 'history_spool_bytes')).toBe(0);
    },
    TIMEOUT_MS,
  );
});

describe('prompts and answers', () => {
  test.each([
    ['are kept, also of a stream, where the project keeps them', true],
    ['are nowhere, where it does not', false],
  ])(
    '%s',
    async (_claim, storesContent) => {
      const secret = `secret-${Math.random().toString(36).slice(2)}`;
      await db.project.updateMany({ data: { storesContent } });
      const gateway = await startGateway();
      const messages = [{ role: 'user', content: `${secret} “\0”` }];
      for (const stream of [false, true]) await (await ask(gateway, { messages, stream })).text();
      await until(async () => (await db.requestLog.count()) === 2, WITHIN_MS);
      const contents = await db.requestContent.findMany();
      const input = expect.objectContaining({ messages: [{ role: 'user', content: `${secret} “\ufffd”` }] });
      expect(contents).toEqual(storesContent ? [1, 2].map(() => expect.objectContaining({ input, output: 'abc' })) : []);
      expect(gateway.process.output() + jobs.service.output()).not.toContain(secret);
      await db.requestContent.deleteMany();
    },
    TIMEOUT_MS,
  );
});

async function startGateway(): Promise<GatewayService> {
  const gateway = await startGatewayService({
    databaseUrl: database.url,
    redisUrl: redis.url,
    keyPepper: PEPPER,
    runtimeAddresses: [runtime.address],
    env: { SPOOL_FOLDER: spoolFolder },
  });
  gateways.push(gateway);
  return gateway;
}

/** Asks one question after the other, by several clients; resolves to the status of every answer. */
async function underLoad(gateway: GatewayService, trouble: () => Promise<void>): Promise<readonly number[]> {
  const statuses: number[] = [];
  const over = new AbortController();
  const client = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const answer = await ask(gateway);
      await answer.arrayBuffer();
      statuses.push(answer.status);
    }
  };
  const clients = [client(), client(), client()];
  await until(async () => statuses.length > 20, WITHIN_MS);
  await trouble();
  const before = statuses.length;
  await until(async () => statuses.length > before + 20, WITHIN_MS);
  over.abort();
  await Promise.all(clients);
  return statuses;
}

function ask(
  gateway: GatewayService,
  change: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}`, ...headers },
    body: JSON.stringify({ model: 'scripted', messages: [{ role: 'user', content: 'hi' }], max_tokens: 3, ...change }),
  });
}

async function holds(statuses: readonly number[]): Promise<void> {
  await until(async () => {
    const count = await db.requestLog.count();
    if (count !== statuses.length) throw new Error(`there are ${count}`);
    return true;
  }, WITHIN_MS);
  const rows = await db.requestLog.findMany();
  expect(countEach(rows.map(({ statusCode }) => statusCode))).toEqual(countEach(statuses));
  const answered = rows.filter(({ statusCode }) => statusCode === 200);
  expect(answered.every(({ completionTokens, outcome }) => completionTokens === 3 && outcome === 'completed')).toBe(true);
}

function countEach(values: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const value of values.toSorted((a, b) => a - b)) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

async function gauge(gateway: GatewayService, name: string): Promise<number> {
  const text = await (await fetch(gateway.metricsUrl)).text();
  return Number(new RegExp(`^sluice_gateway_${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
}
