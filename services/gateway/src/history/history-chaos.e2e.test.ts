import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createLog } from '@sluice/platform/log';
import type { RequestRow } from '@sluice/prisma/append-requests';
import { createDatabase, type Database } from '@sluice/prisma/client';
import { startJobsProcess, type JobsProcess } from '@sluice/testing/jobs-process';
import { startOwnPostgres, type OwnPostgres } from '@sluice/testing/own-postgres';
import { startOwnRedis, type OwnRedis } from '@sluice/testing/own-redis';
import { PEPPER } from '@sluice/testing/pepper';
import { until } from '@sluice/testing/until';
import { Redis } from 'ioredis';
import { requestRow } from '@sluice/testing/request-row';
import { startHistory, type History } from './start-history.ts';

/** The whole way of a row, from a gateway's queue to Postgres, on servers that a test may trouble. */
const TIMEOUT_MS = 120_000;
const DEADLINE_MS = 60_000;
const SOON_MS = 5_000;
/** Of load, before and after each trouble. */
const CALM_MS = 300;
/** How long a trouble lasts: longer than every timeout on the way. */
const TROUBLE_MS = 2_500;

let postgres: OwnPostgres;
let redis: OwnRedis;
let db: Database;
let jobs: JobsProcess;
let folder: string;
let history: History;
let dropped: number;

beforeAll(async () => {
  [postgres, redis] = await Promise.all([startOwnPostgres(), startOwnRedis()]);
  db = createDatabase(postgres.url, { poolMax: 2 });
}, TIMEOUT_MS);

afterAll(async () => {
  await db.$disconnect();
  await Promise.all([postgres[Symbol.asyncDispose](), redis[Symbol.asyncDispose]()]);
}, TIMEOUT_MS);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-chaos-'));
  dropped = 0;
  jobs = await startJobs();
  history = await open();
}, TIMEOUT_MS);

afterEach(async () => {
  await history.close();
  await jobs.stop();
  rmSync(folder, { recursive: true });
}, TIMEOUT_MS);

describe('history', () => {
  test(
    'is in Postgres soon after its request',
    async () => {
      const row = requestRow();
      history.push(row);
      await until(async () => (await db.requestLog.count({ where: { requestId: row.requestId } })) === 1, SOON_MS);
    },
    TIMEOUT_MS,
  );

  const troubles: [string, () => Promise<void>][] = [
    [
      'a Redis that is paused',
      async () => {
        const admin = new Redis(redis.url);
        await admin.client('PAUSE', TROUBLE_MS);
        await admin.quit();
      },
    ],
    [
      'a Redis that hangs',
      async () => {
        redis.hold();
        await sleep(TROUBLE_MS);
        redis.letGo();
      },
    ],
    [
      'a Redis that restarts',
      async () => {
        await redis.stop();
        await sleep(TROUBLE_MS);
        await redis.start();
      },
    ],
    [
      'a Postgres that restarts',
      async () => {
        await postgres.stop();
        await postgres.start();
      },
    ],
    [
      'a Postgres that takes no writes',
      async () => {
        await postgres.run('ALTER SYSTEM SET default_transaction_read_only = on');
        await postgres.run('SELECT pg_reload_conf()');
        await sleep(TROUBLE_MS);
        await postgres.run('ALTER SYSTEM RESET default_transaction_read_only');
        await postgres.run('SELECT pg_reload_conf()');
      },
    ],
    [
      'a Postgres that is gone for a while',
      async () => {
        await postgres.stop();
        await sleep(2 * TROUBLE_MS);
        await postgres.start();
      },
    ],
    [
      'jobs that are killed, and others instead',
      async () => {
        jobs.kill();
        jobs = await startJobs();
      },
    ],
    [
      'jobs that are gone for a while',
      async () => {
        await jobs.stop();
        await sleep(TROUBLE_MS);
        jobs = await startJobs();
      },
    ],
    [
      'Redis and Postgres that restart together while the jobs are killed',
      async () => {
        jobs.kill();
        await Promise.all([redis.stop(), postgres.stop()]);
        await sleep(TROUBLE_MS);
        await Promise.all([redis.start(), postgres.start()]);
        jobs = await startJobs();
      },
    ],
  ];

  test.each(troubles)(
    'is complete, and counted once, after %s',
    async (_what, trouble) => {
      const projectId = `proj_${Math.random().toString(36).slice(2)}`;
      const rows = await underLoad(projectId, trouble);
      expect(rows.length).toBeGreaterThan(100);
      await arrived(projectId, rows);
      expect(dropped).toBe(0);
    },
    TIMEOUT_MS,
  );

  test(
    'that a gateway left on disk is delivered by the next one',
    async () => {
      const projectId = 'proj_left';
      await redis.stop();
      const rows = await underLoad(projectId, async () => {
        await until(() => history.spoolBytes > 0, DEADLINE_MS);
      });
      await history.close();
      await redis.start();
      expect(await db.requestLog.count({ where: { projectId } })).toBe(0);
      history = await open();
      await arrived(projectId, rows);
      await until(() => history.spoolBytes === 0, DEADLINE_MS);
      expect(segments()).toEqual([]);
    },
    TIMEOUT_MS,
  );
});

function startJobs(): Promise<JobsProcess> {
  return startJobsProcess({ databaseUrl: postgres.url, redisUrl: redis.url });
}

function open(): Promise<History> {
  return startHistory({
    redisUrl: redis.url,
    spoolFolder: folder,
    keyPepper: PEPPER,
    log: createLog({ service: 'gateway', level: 'silent' }),
    onDropped: (rows) => {
      dropped += rows;
    },
  });
}

/** Pushes rows, some of them with content, before, during and after a trouble; resolves to all of them. */
async function underLoad(projectId: string, trouble: () => Promise<void>): Promise<readonly RequestRow[]> {
  const rows: RequestRow[] = [];
  const timer = setInterval(() => {
    const content = rows.length % 10 === 0 ? { input: '{"prompt": "hi"}', output: 'hello' } : undefined;
    const row = requestRow({ projectId, promptTokens: rows.length, completionTokens: 1, costNanoUsd: 3, content });
    rows.push(row);
    history.push(row);
  }, 4);
  await sleep(CALM_MS);
  await trouble();
  await sleep(CALM_MS);
  clearInterval(timer);
  return rows;
}

/** Resolves when all the rows are there; rejects when sums or contents then say anything else. */
async function arrived(projectId: string, rows: readonly RequestRow[]): Promise<void> {
  const where = { projectId };
  await until(async () => {
    const count = await db.requestLog.count({ where });
    if (count !== rows.length) throw new Error(`there are ${count}`);
    return true;
  }, DEADLINE_MS);
  const sums = {
    requests: BigInt(rows.length),
    promptTokens: BigInt(rows.reduce((sum, row) => sum + row.promptTokens, 0)),
    completionTokens: BigInt(rows.length),
    costNanoUsd: BigInt(3 * rows.length),
  };
  const fields = { requests: true, promptTokens: true, completionTokens: true, costNanoUsd: true } as const;
  expect((await db.usageHourly.aggregate({ where, _sum: fields }))._sum).toEqual(sums);
  expect((await db.usageDaily.aggregate({ where, _sum: fields }))._sum).toEqual(sums);
  expect(await db.requestContent.count({ where })).toBe(rows.filter(({ content }) => content).length);
}

function segments(): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ndjson'));
}
