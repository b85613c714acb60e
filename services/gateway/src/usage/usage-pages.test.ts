import { describe, expect, test } from '@jest/globals';
import { Fault } from '@sluice/platform/fault';
import { readUsagePage, type PagedQuestion, type UsagePage } from './usage-pages.ts';
import type { UsageQuestion, UsageSums } from './usage-store.ts';

const DAY_S = 86_400;
const DAY_1_S = Date.UTC(2026, 10, 1) / 1_000;
const NOW_S = DAY_1_S + 9 * DAY_S + 100;

const QUESTION: PagedQuestion = {
  asked: ['test', {}],
  visible: { kind: 'key', projectId: 'proj_1', apiKeyId: 'key_1' },
  width: '1d',
  startS: DAY_1_S,
  endS: undefined,
  filters: {},
  groupBy: ['model'],
  mayMatch: true,
};

/** Sums of these many models in each of the days from the first on. */
function storeWith(...modelsOfDay: readonly number[]) {
  const asked: UsageQuestion[] = [];
  const sums = modelsOfDay.flatMap((models, day) =>
    Array.from({ length: models }, (_, i): UsageSums => ({
      bucketStartS: DAY_1_S + day * DAY_S,
      group: { model: `m${i}` },
      requests: 1,
      modelRequests: 1,
      promptTokens: 0,
      cachedTokens: 0,
      completionTokens: 0,
      costNanoUsd: 0n,
    })),
  );
  const isIn = ({ startsAt, endsAt }: UsageQuestion, { bucketStartS }: UsageSums): boolean =>
    bucketStartS * 1_000 >= startsAt.getTime() && bucketStartS * 1_000 < endsAt.getTime();
  return {
    asked,
    async sum(question: UsageQuestion) {
      asked.push(question);
      return sums.filter((each) => isIn(question, each)).slice(0, question.rowsMax);
    },
  };
}

const countsOf = ({ buckets }: UsagePage): readonly number[] => buckets.map(({ sums }) => sums.length);

async function allPages(store: ReturnType<typeof storeWith>, question: PagedQuestion, options: { limit: number; resultsMax?: number }) {
  const pages: UsagePage[] = [];
  let page: string | undefined;
  do {
    // The clock goes on between pages, and "now" must not.
    const nowS = NOW_S + pages.length * DAY_S;
    const found: UsagePage = await readUsagePage(store, question, { ...options, page, nowS });
    pages.push(found);
    page = found.nextPage;
  } while (page !== undefined && pages.length < 100);
  return pages;
}

describe('pages of usage', () => {
  test('cover the interval in whole buckets without gaps, with those of no requests', async () => {
    const question = { ...QUESTION, startS: DAY_1_S + 5, endS: DAY_1_S + 2 * DAY_S + 1 };
    const { buckets, nextPage } = await readUsagePage(storeWith(2, 0, 1), question, { limit: 7, page: undefined, nowS: NOW_S });
    expect(buckets.map(({ startS, endS, sums }) => [(startS - DAY_1_S) / DAY_S, (endS - DAY_1_S) / DAY_S, sums.length])).toEqual([
      [0, 1, 2],
      [1, 2, 0],
      [2, 3, 1],
    ]);
    expect(nextPage).toBeUndefined();
  });

  test('go up to now when no end is asked for, and "now" stays what it was on the first page', async () => {
    const pages = await allPages(storeWith(1, 1, 1), QUESTION, { limit: 4 });
    expect(pages.map(countsOf)).toEqual([
      [1, 1, 1, 0],
      [0, 0, 0, 0],
      [0, 0],
    ]);
  });

  test('go on where the last one ended, whatever size the next one has', async () => {
    const question = { ...QUESTION, endS: DAY_1_S + 5 * DAY_S };
    const store = storeWith(1, 2, 3, 4, 5);
    const first = await readUsagePage(store, question, { limit: 2, page: undefined, nowS: NOW_S });
    const second = await readUsagePage(store, question, { limit: 31, page: first.nextPage, nowS: NOW_S });
    expect([countsOf(first), countsOf(second)]).toEqual([
      [1, 2],
      [3, 4, 5],
    ]);
    expect(second.nextPage).toBeUndefined();
  });

  test('have fewer buckets where these hold very many groups, and lose none of them', async () => {
    const question = { ...QUESTION, endS: DAY_1_S + 5 * DAY_S };
    const pages = await allPages(storeWith(3, 3, 6, 0, 7), question, { limit: 5, resultsMax: 7 });
    expect(pages.map(countsOf)).toEqual([[3, 3], [6, 0], [7]]);
  });

  test('refuse a single bucket of too many groups, naming what to change', async () => {
    const question = { ...QUESTION, endS: DAY_1_S + DAY_S };
    const asking = readUsagePage(storeWith(8), question, { limit: 1, page: undefined, nowS: NOW_S, resultsMax: 7 });
    await expect(asking).rejects.toMatchObject({ code: 'INVALID_VALUE', param: 'group_by' });
  });

  test('ask for nothing where nothing can be found', async () => {
    const store = storeWith(5);
    const page = await readUsagePage(store, { ...QUESTION, mayMatch: false }, { limit: 3, page: undefined, nowS: NOW_S });
    expect(countsOf(page)).toEqual([0, 0, 0]);
    expect(page.nextPage).toBeDefined();
    expect(store.asked).toEqual([]);
  });

  test('of an interval that has not begun are empty', async () => {
    const page = await readUsagePage(storeWith(), { ...QUESTION, startS: NOW_S + 30 * DAY_S }, { limit: 3, page: undefined, nowS: NOW_S });
    expect(page).toEqual({ buckets: [], nextPage: undefined });
  });

  test('are good for one question of one asker alone', async () => {
    const { nextPage = '' } = await readUsagePage(storeWith(1), QUESTION, { limit: 1, page: undefined, nowS: NOW_S });
    const others: readonly PagedQuestion[] = [
      { ...QUESTION, asked: ['test', { models: ['m0'] }] },
      { ...QUESTION, visible: { kind: 'key', projectId: 'proj_1', apiKeyId: 'key_2' } },
    ];
    for (const other of others) {
      const asking = readUsagePage(storeWith(1), other, { limit: 1, page: nextPage, nowS: NOW_S });
      await expect(asking).rejects.toMatchObject({ code: 'INVALID_VALUE', param: 'page' });
    }
  });

  test.each([
    '',
    'x',
    'page_',
    'page_!!',
    `page_${Buffer.from('{}').toString('base64url')}`,
    `page_${Buffer.from('["",[0,-1]]').toString('base64url')}`,
  ])('refuse %j as a cursor', async (page) => {
    const asking = readUsagePage(storeWith(1), QUESTION, { limit: 1, page, nowS: NOW_S });
    await expect(asking).rejects.toBeInstanceOf(Fault);
  });
});
