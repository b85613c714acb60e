import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { requestRow } from '@sluice/testing/request-row';
import { createTestDatabase, type TestDatabase } from '@sluice/testing/test-database';
import { Client } from 'pg';
import { appendRequests, type RequestRow } from './append-requests.ts';
import { createDatabase, type Database } from './client.ts';
import { dropRequestPartitions, ensureRequestPartitions } from './partitions.ts';
import { isRowFault } from './row-fault.ts';

const DAY_MS = 86_400_000;
let database: TestDatabase;
let db: Database;

beforeAll(async () => {
  database = await createTestDatabase();
  db = createDatabase(database.url, { poolMax: 10 });
});

afterAll(async () => {
  await db.$disconnect();
  await database.drop();
});

describe('appendRequests', () => {
  test('keeps every field of a row, nulls included', async () => {
    const [full, sparse] = [
      row({
        worker: 'w:1',
        errorCode: 'TIMEOUT',
        costNanoUsd: 5_000_000_000,
        queueMs: 0.25,
        ttftMs: 12.5,
        userId: 'user_1',
        traceId: 'a'.repeat(32),
        userAgent: 'it’s "odd"\n',
      }),
      row({}),
    ];
    expect(await appendRequests(db, [full, sparse])).toBe(2);
    for (const wanted of [full, sparse]) {
      const found = await db.requestLog.findFirst({ where: { requestId: wanted.requestId } });
      expect(found).toEqual({ ...wanted, costNanoUsd: BigInt(wanted.costNanoUsd) });
    }
  });

  test('counts a request once, however often it is sent', async () => {
    const projectId = unique();
    const rows = Array.from({ length: 50 }, () => row({ projectId, promptTokens: 3, cachedTokens: 1, completionTokens: 7 }));
    expect(await appendRequests(db, [...rows, ...rows.slice(0, 5)])).toBe(50);
    expect(await appendRequests(db, rows)).toBe(0);
    expect(await usageOf(projectId)).toEqual({ requests: 50n, promptTokens: 150n, cachedTokens: 50n, completionTokens: 350n });
  });

  test('is exact when many processes send overlapping batches in different order', async () => {
    const projectId = unique();
    const rows = Array.from({ length: 400 }, (_, i) =>
      row({ projectId, apiKeyId: `key_${i % 7}`, model: `m${i % 3}`, completionTokens: 1 }),
    );
    const batches = Array.from({ length: 20 }, (_, i) => rows.slice(i * 15, i * 15 + 115));
    const counts = await Promise.all(batches.map((batch, i) => appendRequests(db, i % 2 === 0 ? batch : batch.toReversed())));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(400);
    expect(await usageOf(projectId)).toMatchObject({ requests: 400n, completionTokens: 400n });
  });

  test('adds to the UTC hour in which the request arrived', async () => {
    const projectId = unique();
    await appendRequests(db, [
      row({ projectId, createdAt: new Date('2026-03-29T00:59:59.999Z') }),
      row({ projectId, createdAt: new Date('2026-03-29T01:00:00.000Z') }),
    ]);
    const hours = await db.usageHourly.findMany({ where: { projectId }, orderBy: { hour: 'asc' } });
    expect(hours.map(({ hour, requests }) => [hour.toISOString(), requests])).toEqual([
      ['2026-03-29T00:00:00.000Z', 1n],
      ['2026-03-29T01:00:00.000Z', 1n],
    ]);
  });

  test('adds nothing at all when one row of a batch is impossible', async () => {
    const projectId = unique();
    await expect(appendRequests(db, [row({ projectId }), row({ projectId, promptTokens: -1 })])).rejects.toThrow(
      'request_log_tokens_not_negative',
    );
    expect(await db.requestLog.count({ where: { projectId } })).toBe(0);
    expect(await db.usageHourly.count({ where: { projectId } })).toBe(0);
  });
});

describe('the content of a request', () => {
  const content = { input: '{"messages": [{"role": "user", "content": "hi"}]}', output: 'Hello “you”\n' };

  test('is kept beside its row, and rows without any are as they were', async () => {
    const [kept, plain] = [row({ content }), row({})];
    expect(await appendRequests(db, [kept, plain, kept])).toBe(2);
    expect(await db.requestContent.findMany({ where: { requestId: { in: [kept.requestId, plain.requestId] } } })).toEqual([
      {
        requestId: kept.requestId,
        projectId: 'proj_1',
        input: JSON.parse(content.input),
        output: content.output,
        createdAt: kept.createdAt,
      },
    ]);
  });

  test('does not come back with a replay once it was removed', async () => {
    const kept = row({ content });
    await appendRequests(db, [kept]);
    await db.requestContent.deleteMany({ where: { requestId: kept.requestId } });
    expect(await appendRequests(db, [kept])).toBe(0);
    expect(await db.requestContent.count({ where: { requestId: kept.requestId } })).toBe(0);
  });

  test.each([
    ['a NUL character', '"\\u0000"'],
    ['half a surrogate pair', '"\\ud800"'],
    ['no JSON', '{'],
    ['a number without end', '1e400000'],
    ['nesting without end', '['.repeat(100_000)],
  ])('that Postgres cannot hold (%s) is a fault of the row', async (_what, input) => {
    const failure = await appendRequests(db, [row({ content: { input, output: '' } })]).catch((error: unknown) => error);
    expect(isRowFault(failure)).toBe(true);
  });

  test('that is refused takes its row along: nothing is half written', async () => {
    const projectId = unique();
    await expect(appendRequests(db, [row({ projectId, content: { input: '{', output: '' } })])).rejects.toThrow('json');
    expect(await db.requestLog.count({ where: { projectId } })).toBe(0);
  });
});

describe('what a failure says', () => {
  test('of a row that breaks a rule: a fault of the row', async () => {
    expect(isRowFault(await appendRequests(db, [row({ promptTokens: -1 })]).catch((error: unknown) => error))).toBe(true);
  });

  test('of a server that takes no writes, or is away: no fault of the row', async () => {
    const readOnly = createDatabase(`${database.url}?options=-c%20default_transaction_read_only%3Don`, { poolMax: 1 });
    const away = createDatabase('postgresql://nobody@127.0.0.1:1/none', { poolMax: 1 });
    for (const failing of [away, readOnly]) {
      const failure: unknown = await appendRequests(failing, [row({})]).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: expect.any(String) });
      expect(isRowFault(failure)).toBe(false);
      await failing.$disconnect();
    }
  });
});

describe('partitions', () => {
  test('a row lands in the partition of its UTC day', async () => {
    const today = row({ createdAt: new Date() });
    await appendRequests(db, [today]);
    expect(await partitionOf(today)).toBe(`request_log_${today.createdAt.toISOString().slice(0, 10).replaceAll('-', '')}`);
  });

  test('a row whose day has no partition is kept, and moves there once it has one', async () => {
    const early = row({ createdAt: new Date(Date.now() + 40 * DAY_MS) });
    await appendRequests(db, [early]);
    expect(await partitionOf(early)).toBe('request_log_default');
    await ensureRequestPartitions(db, 40);
    expect(await partitionOf(early)).toBe(`request_log_${early.createdAt.toISOString().slice(0, 10).replaceAll('-', '')}`);
    expect(await appendRequests(db, [early])).toBe(0);
  });

  test('are made once, also by many callers at a time', async () => {
    const made = await Promise.all(Array.from({ length: 6 }, () => ensureRequestPartitions(db, 50)));
    expect(made.filter((count) => count > 0)).toHaveLength(1);
    expect(await ensureRequestPartitions(db, 50)).toBe(0);
  });

  test('can be made while rows arrive for the very days', async () => {
    const projectId = unique();
    const writes = Array.from({ length: 30 }, (_, i) =>
      appendRequests(db, [row({ projectId, createdAt: new Date(Date.now() + (51 + (i % 10)) * DAY_MS) })]),
    );
    await Promise.all([...writes, ensureRequestPartitions(db, 60)]);
    expect(await db.requestLog.count({ where: { projectId } })).toBe(30);
  });

  test('go with their rows when their days are over, and no others', async () => {
    const projectId = unique();
    const [old, recent] = [40, 3].map((days) => row({ projectId, createdAt: new Date(Date.now() - days * DAY_MS) }));
    await appendRequests(
      db,
      [old, recent].filter((each) => each !== undefined),
    );
    await dropRequestPartitions(db, { table: 'request_log', days: 30 });
    expect(await db.requestLog.findMany({ where: { projectId }, select: { requestId: true } })).toEqual([{ requestId: recent?.requestId }]);
    const before = await partitionNames();
    expect(await dropRequestPartitions(db, { table: 'request_log', days: -2 })).toBeGreaterThan(0);
    expect(await partitionNames()).toEqual(before.filter((name) => name === 'request_log_default' || name >= dayName(2)));
  });

  test('an index serves the latest requests of a key', async () => {
    const client = new Client({ connectionString: database.url });
    await client.connect();
    try {
      await client.query('SET enable_seqscan = off');
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(
        `EXPLAIN SELECT * FROM request_log WHERE api_key_id = 'k' ORDER BY created_at DESC LIMIT 20`,
      );
      expect(rows.map((line) => line['QUERY PLAN']).join('\n')).toMatch(/Index Scan .*api_key_id_created_at_idx/);
    } finally {
      await client.end();
    }
  });
});

let sequence = 0;
function unique(): string {
  return `t${process.pid}_${++sequence}`;
}

/** One that has used nothing, unless it says so. */
function row(change: Partial<RequestRow>): RequestRow {
  return requestRow({ promptTokens: 0, completionTokens: 0, ...change });
}

async function usageOf(projectId: string) {
  const fields = { requests: true, promptTokens: true, cachedTokens: true, completionTokens: true } as const;
  return (await db.usageHourly.aggregate({ where: { projectId }, _sum: fields }))._sum;
}

async function partitionNames(): Promise<readonly string[]> {
  const rows = await db.$queryRaw<
    { name: string }[]
  >`SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'request_log'::regclass ORDER BY 1`;
  return rows.map(({ name }) => name);
}

/** The partition of the day that is so many days from now. */
function dayName(days: number): string {
  return `request_log_${new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '')}`;
}

async function partitionOf({ requestId }: RequestRow): Promise<string | undefined> {
  const rows = await db.$queryRaw<
    { name: string }[]
  >`SELECT tableoid::regclass::text AS name FROM request_log WHERE request_id = ${requestId}`;
  return rows[0]?.name;
}
