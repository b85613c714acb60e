import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { RequestRow } from '@sluice/prisma/append-requests';
import { createDatabase, type Database } from '@sluice/prisma/client';
import { HISTORY_QUEUE } from '@sluice/prisma/history-batch';
import { seed } from '@sluice/prisma/seed';
import { startJobsProcess, type JobsProcess } from '@sluice/testing/jobs-process';
import { startOwnRedis } from '@sluice/testing/own-redis';
import { PEPPER } from '@sluice/testing/pepper';
import { startService } from '@sluice/testing/service-process';
import { createTestDatabase, type TestDatabase } from '@sluice/testing/test-database';
import { createTestRedis, type TestRedis } from '@sluice/testing/test-redis';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { requestRow } from '@sluice/testing/request-row';
import { until } from '@sluice/testing/until';

let database: TestDatabase;
let testRedis: TestRedis;
let db: Database;
let redis: Redis;
let queue: Queue;
let running: JobsProcess[];

beforeEach(async () => {
  [database, testRedis] = await Promise.all([createTestDatabase(), createTestRedis()]);
  db = createDatabase(database.url, { poolMax: 3 });
  redis = new Redis(testRedis.url);
  queue = new Queue(HISTORY_QUEUE.name, { prefix: HISTORY_QUEUE.prefix, connection: redis });
  running = [];
});

afterEach(async () => {
  await Promise.all(running.map((jobs) => jobs.stop()));
  await queue.close();
  await redis.quit();
  await db.$disconnect();
  await Promise.all([database.drop(), testRedis.release()]);
});

async function start(env: Record<string, string> = {}): Promise<JobsProcess> {
  const jobs = await startJobsProcess({ databaseUrl: database.url, redisUrl: testRedis.url, env });
  running.push(jobs);
  return jobs;
}

/** As a gateway does it. */
async function send(rows: readonly RequestRow[], id = rows[0]?.requestId ?? ''): Promise<void> {
  await queue.add(HISTORY_QUEUE.job, { id, rows }, { jobId: id, removeOnComplete: true });
}

function lines(jobs: JobsProcess, job: string): Record<string, unknown>[] {
  return jobs.service.logLines().filter((line) => line['msg'] === 'job' && line['job'] === job);
}

async function tasksLeft(): Promise<number> {
  const counts = await queue.getJobCounts('wait', 'active', 'delayed', 'failed', 'completed');
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

describe('the jobs as a process', () => {
  test('write history with its sums and contents, note the last use of its keys, and leave nothing in Redis', async () => {
    await seed(db, { keyPepper: PEPPER });
    const { id: apiKeyId } = await db.apiKey.findFirstOrThrow();
    const rows = Array.from({ length: 30 }, () =>
      requestRow({
        apiKeyId,
        promptTokens: 3,
        cachedTokens: 1,
        completionTokens: 7,
        costNanoUsd: 11,
        content: { input: '{"prompt": "secret-7f3a"}', output: 'said' },
      }),
    );
    const jobs = await start();
    for (let i = 0; i < rows.length; i += 3) await send(rows.slice(i, i + 3));
    await until(async () => (await db.requestLog.count()) === 30);
    const fields = { requests: true, promptTokens: true, completionTokens: true, costNanoUsd: true } as const;
    for (const table of [db.usageHourly, db.usageDaily] as const) {
      const { _sum: sums } = await (table as typeof db.usageHourly).aggregate({ _sum: fields });
      expect(sums).toEqual({ requests: 30n, promptTokens: 90n, completionTokens: 210n, costNanoUsd: 330n });
    }
    expect(await db.requestContent.count()).toBe(30);
    await until(async () => (await db.apiKey.findUniqueOrThrow({ where: { id: apiKeyId } })).lastUsedAt !== null);
    await until(async () => (await tasksLeft()) === 0);
    expect(lines(jobs, 'append-history')).toHaveLength(10);
    expect(lines(jobs, 'append-history')[0]).toMatchObject({ outcome: 'done', rows: 3, refused: 0, earlierTries: 0 });
    const metrics = await jobs.metrics();
    expect(metrics).toContain('sluice_jobs_history_rows_total{outcome="written"} 30');
    expect(metrics).toContain('sluice_jobs_runs_total{job="append-history",outcome="done"} 10');
    expect(metrics).toContain('sluice_jobs_queue_lag_seconds{queue="history"} 0');
    expect(jobs.service.output()).not.toContain('secret-7f3a');
  });

  test('tell on the metrics port that they live, and whether they can work', async () => {
    const jobs = await start();
    const probe = async (path: string): Promise<number> => (await fetch(`${jobs.origin}${path}`)).status;
    await until(async () => (await probe('/readyz')) === 200);
    expect(await probe('/healthz')).toBe(200);
    const lost = await startJobsProcess({ databaseUrl: 'postgresql://nobody@127.0.0.1:1/none', redisUrl: testRedis.url });
    running.push(lost);
    expect((await fetch(`${lost.origin}/healthz`)).status).toBe(200);
    expect((await fetch(`${lost.origin}/readyz`)).status).toBe(503);
  });

  test('lose nothing when they are killed in the middle, and count nothing twice', async () => {
    const jobs = await start();
    const rows = Array.from({ length: 2_000 }, () => requestRow());
    const sent = Array.from({ length: 100 }, (_, i) => send(rows.slice(i * 20, i * 20 + 20)));
    await until(async () => (await db.requestLog.count()) > 0);
    jobs.kill();
    await Promise.all(sent);
    await start();
    await until(async () => (await tasksLeft()) === 0);
    expect(await db.requestLog.count()).toBe(2_000);
    expect((await db.usageHourly.aggregate({ _sum: { requests: true } }))._sum.requests).toBe(2_000n);
    expect((await db.usageDaily.aggregate({ _sum: { requests: true } }))._sum.requests).toBe(2_000n);
  });

  test('finish what runs on SIGTERM, and exit with 0', async () => {
    const jobs = await start();
    await until(async () => lines(jobs, 'keep-partitions').length > 0);
    // Holds every write up until it is let go.
    const held = Promise.withResolvers<void>();
    const isLocked = Promise.withResolvers<void>();
    const lock = db.$transaction(
      async (tx) => {
        await tx.$executeRaw`LOCK TABLE request_log IN SHARE MODE`;
        isLocked.resolve();
        await held.promise;
      },
      { timeout: 20_000 },
    );
    await isLocked.promise;
    await send([requestRow()]);
    await until(async () => (await queue.getActiveCount()) === 1);
    jobs.service.child.kill('SIGTERM');
    await until(() => jobs.service.output().includes('stopping'));
    held.resolve();
    await lock;
    await once(jobs.service.child, 'exit');
    expect(jobs.service.child.exitCode).toBe(0);
    expect(await db.requestLog.count()).toBe(1);
    expect(await tasksLeft()).toBe(0);
  });

  test('give a task back at once when they stop while the database is away', async () => {
    const jobs = await startJobsProcess({ databaseUrl: 'postgresql://nobody@127.0.0.1:1/none', redisUrl: testRedis.url });
    running.push(jobs);
    await send([requestRow()]);
    await until(() => jobs.service.output().includes('it waits in its queue'));
    expect(await jobs.stop()).toBe(0);
    // A fetch that was under way may bring it in once more.
    expect(new Set(lines(jobs, 'append-history').map(({ outcome }) => outcome))).toEqual(new Set(['handed_back']));
    expect(await queue.getWaitingCount()).toBe(1);
  });

  test('stop soon, with 0, while Redis is away', async () => {
    const jobs = await startJobsProcess({ databaseUrl: database.url, redisUrl: 'redis://127.0.0.1:1', env: { DRAIN_MS: '60000' } });
    running.push(jobs);
    expect(await jobs.stop()).toBe(0);
  });

  test('set aside rows that Postgres refuses, say so, and write their neighbours', async () => {
    const jobs = await start();
    const [good, bad] = [
      requestRow(),
      requestRow({ promptTokens: -1, content: { input: '{"prompt": "secret-7f3a"}', output: 'secret-7f3a' } }),
    ];
    await send([good, bad, { ...requestRow(), outcome: 'lost' } as never]);
    await until(async () => (await tasksLeft()) === 0);
    expect((await db.requestLog.findMany()).map(({ requestId }) => requestId)).toEqual([good.requestId]);
    const letters = (await redis.lrange('sluice:history-refused', 0, -1)).map((letter) => JSON.parse(letter));
    expect(letters).toMatchObject([
      { row: { requestId: bad.requestId }, reason: expect.stringContaining('request_log_tokens_not_negative') },
      { row: { outcome: 'lost' }, reason: 'not a row: outcome' },
    ]);
    expect(JSON.stringify(letters) + jobs.service.output()).not.toContain('secret-7f3a');
    expect(await jobs.metrics()).toContain('sluice_jobs_history_rows_total{outcome="refused"} 2');
  });

  test('keep house once for all processes, at the start and then from time to time', async () => {
    const all = await Promise.all([start(), start(), start()]);
    await until(
      () => all.some((jobs) => lines(jobs, 'keep-partitions').length > 0) && all.some((jobs) => lines(jobs, 'clean-sessions').length > 0),
    );
    await until(() => all.every((jobs) => jobs.service.output().includes('"msg":"ready"')));
    const maintenance = new Queue('maintenance', { prefix: HISTORY_QUEUE.prefix, connection: redis });
    await until(async () => (await maintenance.getActiveCount()) + (await maintenance.getWaitingCount()) === 0);
    expect(all.flatMap((jobs) => lines(jobs, 'keep-partitions')).filter(({ made }) => Number(made) > 0)).toHaveLength(1);
    const schedulers = await maintenance.getJobSchedulers();
    expect(Object.fromEntries(schedulers.map(({ name, every }) => [name, every]))).toEqual({
      'clean-sessions': 3_600_000,
      'keep-partitions': 3_600_000,
    });
    expect(await maintenance.getDelayedCount()).toBe(2);
    await maintenance.close();
  });

  test('warn of a Redis that drops keys', async () => {
    await using own = await startOwnRedis();
    const admin = new Redis(own.url);
    await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await admin.quit();
    const jobs = await startJobsProcess({ databaseUrl: database.url, redisUrl: own.url });
    running.push(jobs);
    await until(() => jobs.service.logLines().some(({ level, policy }) => level === 'error' && policy === 'allkeys-lru'));
    await jobs.stop();
  });

  test('refuse to start with a configuration that is not usable, and name every fault', async () => {
    const jobs = startService('jobs', { DATABASE_URL: 'mysql://x', HISTORY_DAYS: '0' });
    await once(jobs.child, 'close');
    expect(jobs.child.exitCode).toBe(1);
    expect(jobs.output()).toMatch(/DATABASE_URL: must be a postgresql[^]*REDIS_URL: must be a redis[^]*HISTORY_DAYS/);
  });
});
