import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { appendRequests } from '@sluice/prisma/append-requests';
import { createDatabase, type Database } from '@sluice/prisma/client';
import { createTestDatabase, type TestDatabase } from '@sluice/testing/test-database';
import { createMetrics } from '../metrics.ts';
import { createRetentionStore } from '../retention-store.ts';
import type { Job } from '../run-jobs.ts';
import { requestRow } from '@sluice/testing/request-row';
import { keepPartitions, type Retention } from './keep-partitions.ts';

const DAY_MS = 86_400_000;
const TASK = { id: '1', data: {}, queuedAt: new Date(), earlierTries: 0 };

let testDatabase: TestDatabase;
let db: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  db = createDatabase(testDatabase.url, { poolMax: 6 });
});

afterAll(async () => {
  await db.$disconnect();
  await testDatabase.drop();
});

function createJob(change: Partial<Retention> = {}): Job {
  const retention = { historyDays: 90, contentDays: 30, usageHourlyDays: 400, ...change };
  return keepPartitions({ store: createRetentionStore(db), retention, metrics: createMetrics('test') });
}

async function partitionDays(table: string): Promise<string[]> {
  const rows = await db.$queryRaw<{ name: string }[]>`
    SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = ${table}::text::regclass ORDER BY 1`;
  return rows.map(({ name }) => name.slice(table.length + 1)).filter((day) => day !== 'default');
}

function day(offset: number): string {
  return new Date(Date.now() + offset * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '');
}

describe('keeping partitions', () => {
  test('makes two weeks ahead for rows and contents, once for any number of processes', async () => {
    const results = await Promise.all(Array.from({ length: 4 }, () => createJob().run(TASK)));
    expect(results.filter(({ made }) => Number(made) > 0)).toHaveLength(1);
    for (const table of ['request_log', 'request_content'])
      expect(await partitionDays(table)).toEqual(expect.arrayContaining([day(0), day(7), day(14)]));
    expect(await createJob().run(TASK)).toEqual({ made: 0, dropped: 0, usageHours: 0 });
  });

  test('drops rows, contents and sums by hour when their time is over, each its own, and keeps sums by day', async () => {
    const old = [100, 40, 10, 0].map((daysAgo) =>
      requestRow({ projectId: 'proj_old', createdAt: new Date(Date.now() - daysAgo * DAY_MS), content: { input: '{}', output: '' } }),
    );
    await appendRequests(db, old);
    await createJob({ usageHourlyDays: 20 }).run(TASK);
    const where = { projectId: 'proj_old' };
    const left = [
      await db.requestLog.count({ where }),
      await db.requestContent.count({ where }),
      await db.usageHourly.count({ where }),
      await db.usageDaily.count({ where }),
    ];
    expect(left).toEqual([3, 2, 2, 4]);
  });

  test('drops partitions that are older, and no others', async () => {
    const store = createRetentionStore(db);
    await store.makePartitions(16);
    // The database may be from before midnight, with a partition for yesterday.
    const [contents, rows] = [await partitionDays('request_content'), await partitionDays('request_log')];
    const dropped = await store.dropPartitions({ table: 'request_content', days: -3 });
    expect(dropped).toBe(contents.indexOf(day(3)));
    expect(dropped).toBeGreaterThanOrEqual(3);
    expect((await partitionDays('request_content'))[0]).toBe(day(3));
    expect(await partitionDays('request_log')).toEqual(rows);
  });

  test('deletes sums by hour in bounded steps, and leaves those that somebody adds to', async () => {
    const store = createRetentionStore(db);
    const hours = Array.from({ length: 25 }, (_, i) =>
      requestRow({ projectId: 'proj_hours', createdAt: new Date(Date.now() - 500 * DAY_MS + i * 3_600_000) }),
    );
    await appendRequests(db, hours);
    expect(await store.deleteUsageHours({ days: 400, rowsMax: 10 })).toBe(10);
    expect(await store.deleteUsageHours({ days: 400, rowsMax: 100 })).toBe(15);
    expect(await db.usageHourly.count({ where: { projectId: 'proj_hours' } })).toBe(0);
  });
});
