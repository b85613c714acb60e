import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { appendRequests } from '@sluice/prisma/append-requests';
import * as fc from 'fast-check';
import { requestRow } from '@sluice/testing/request-row';
import { createUsageDatabase, type UsageDatabase } from '../test-support/usage-database.ts';
import { randomRows } from '../test-support/usage-rows.ts';
import { readHistoryPage } from './history-pages.ts';
import { createRequestHistoryStore, type HistoryFilters } from './request-history-store.ts';
import type { VisibleUsage } from './visible-usage.ts';

const START_MS = Date.UTC(2026, 3, 1);
/** So short that many requests arrive in the same millisecond. */
const END_MS = START_MS + 300;
const OWN: VisibleUsage = { kind: 'projects', organizationId: 'org_own', projectIds: undefined };
const EVERYTHING = { visible: OWN, filters: {}, startsAt: undefined, endsAt: undefined };

describe('the history of requests', () => {
  let database: UsageDatabase;
  const rows = randomRows(1_000, { startMs: START_MS, endMs: END_MS, seed: 3 });
  beforeAll(async () => {
    database = await createUsageDatabase(rows);
  });
  afterAll(() => database.close());

  const readAll = async (question: Parameters<typeof readHistoryPage>[1], limit: number) => {
    const found = [];
    let page: string | undefined;
    do {
      const next = await readHistoryPage(createRequestHistoryStore(database.db), question, { limit, page });
      found.push(...next.rows);
      page = next.nextPage;
    } while (page !== undefined);
    return found;
  };

  test('has each request once and in order, over pages of any size', async () => {
    const own = rows.filter(({ projectId }) => projectId !== 'proj_other');
    const wanted = own.toSorted((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.requestId < b.requestId ? 1 : -1));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 7, max: 400 }), async (limit) => {
        expect((await readAll(EVERYTHING, limit)).map(({ requestId }) => requestId)).toEqual(wanted.map(({ requestId }) => requestId));
      }),
      { numRuns: 10 },
    );
  });

  test('finds what every filter takes, and nothing else', async () => {
    const filters: fc.Arbitrary<HistoryFilters> = fc.record(
      {
        projectIds: fc.subarray(['proj_a', 'proj_b', 'proj_other'], { minLength: 1 }),
        apiKeyIds: fc.subarray([...new Set(rows.map(({ apiKeyId }) => apiKeyId))], { minLength: 1 }),
        userIds: fc.subarray(['user_1', 'user_2', ''], { minLength: 1 }),
        models: fc.subarray(['alpha', 'beta', ''], { minLength: 1 }),
        endpoints: fc.subarray(['chat.completions', 'embeddings'], { minLength: 1 }),
        outcomes: fc.subarray(['completed', 'failed', 'cancelled', 'refused'] as const, { minLength: 1 }),
        statusCodes: fc.subarray([200, 429, 500, 418], { minLength: 1 }),
      },
      { requiredKeys: [] },
    );
    const instant = fc.option(
      fc.integer({ min: START_MS, max: END_MS }).map((ms) => new Date(ms)),
      { nil: undefined },
    );
    await fc.assert(
      fc.asyncProperty(filters, instant, instant, async (filters, startsAt, endsAt) => {
        const wanted = rows.filter(
          (row) =>
            row.projectId !== 'proj_other' &&
            (!startsAt || row.createdAt >= startsAt) &&
            (!endsAt || row.createdAt < endsAt) &&
            (filters.projectIds?.includes(row.projectId) ?? true) &&
            (filters.apiKeyIds?.includes(row.apiKeyId) ?? true) &&
            (filters.userIds?.includes(row.userId) ?? true) &&
            (filters.models?.includes(row.model) ?? true) &&
            (filters.endpoints?.includes(row.endpoint) ?? true) &&
            (filters.outcomes?.includes(row.outcome) ?? true) &&
            (filters.statusCodes?.includes(row.statusCode) ?? true),
        );
        const found = await readAll({ visible: OWN, filters, startsAt, endsAt }, 250);
        expect(new Set(found.map(({ requestId }) => requestId))).toEqual(new Set(wanted.map(({ requestId }) => requestId)));
      }),
      { numRuns: 100 },
    );
  });

  test('gives every field back as it was written', async () => {
    const row = requestRow({
      projectId: 'proj_a',
      apiKeyId: 'key_full',
      adapter: 'tuned',
      worker: 'worker-1',
      errorCode: 'timeout',
      costNanoUsd: 9_000_000_000_000,
      waitMs: 1.5,
      queueMs: 2.5,
      ttftMs: 3.5,
      userAgent: 'curl',
      clientIpHash: 'ab',
      traceId: 'c'.repeat(32),
      createdAt: new Date(END_MS + 5),
    });
    await appendRequests(database.db, [row]);
    const visible = { kind: 'key', projectId: 'proj_a', apiKeyId: 'key_full' } as const;
    expect(await readAll({ ...EVERYTHING, visible }, 10)).toEqual([{ ...row, costNanoUsd: BigInt(row.costNanoUsd) }]);
  });

  test('a request that arrives between two pages neither repeats nor hides another', async () => {
    const store = createRequestHistoryStore(database.db);
    const visible = { kind: 'key', projectId: 'proj_b', apiKeyId: 'key_paged' } as const;
    const at = (ms: number) => requestRow({ projectId: 'proj_b', apiKeyId: 'key_paged', createdAt: new Date(END_MS + ms) });
    const [first, second, third] = [at(3), at(2), at(1)];
    await appendRequests(database.db, [first, second, third]);
    const page = await readHistoryPage(store, { ...EVERYTHING, visible }, { limit: 2 });
    await appendRequests(database.db, [at(4)]);
    const rest = await readHistoryPage(store, { ...EVERYTHING, visible }, { limit: 2, page: page.nextPage });
    expect([...page.rows, ...rest.rows].map(({ requestId }) => requestId)).toEqual(
      [first, second, third].map(({ requestId }) => requestId),
    );
  });

  test('a cursor is good for its own question alone', async () => {
    const store = createRequestHistoryStore(database.db);
    const { nextPage } = await readHistoryPage(store, EVERYTHING, { limit: 1 });
    const other = { ...EVERYTHING, visible: { ...OWN, organizationId: 'org_other' } };
    await expect(readHistoryPage(store, other, { limit: 1, page: nextPage })).rejects.toMatchObject({
      code: 'INVALID_VALUE',
      param: 'page',
    });
  });

  test('content is told while its project keeps it, and no longer', async () => {
    const store = createRequestHistoryStore(database.db);
    const [kept, plain] = [requestRow({ projectId: 'proj_a' }), requestRow({ projectId: 'proj_a' })];
    const content = { input: '{"messages":[{"role":"user","content":"hi"}]}', output: 'hello' };
    await appendRequests(database.db, [{ ...kept, content }, plain]);
    await database.db.project.update({ where: { id: 'proj_a' }, data: { storesContent: true } });
    expect(await store.contentOf('proj_a', [kept, plain])).toEqual(
      new Map([[kept.requestId, { input: { messages: [{ role: 'user', content: 'hi' }] }, output: 'hello' }]]),
    );
    expect(await store.contentOf('proj_b', [kept])).toEqual(new Map());
    await database.db.project.update({ where: { id: 'proj_a' }, data: { storesContent: false } });
    expect(await store.contentOf('proj_a', [kept])).toEqual(new Map());
  });
});
