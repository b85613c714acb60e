import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RequestRow } from '@sluice/prisma/append-requests';
import * as fc from 'fast-check';
import { createUsageDatabase, ORGANIZATIONS, type UsageDatabase } from '../test-support/usage-database.ts';
import { randomRows } from '../test-support/usage-rows.ts';
import { BUCKET_WIDTHS, type BucketWidth } from './bucket-width.ts';
import { readUsagePage, type PagedQuestion, type UsageBucket } from './usage-pages.ts';
import { createUsageStore, type UsageColumn } from './usage-store.ts';
import type { VisibleUsage } from './visible-usage.ts';

const START_S = Date.UTC(2026, 2, 27) / 1_000;
const END_S = Date.UTC(2026, 3, 3) / 1_000;
const COLUMNS: readonly UsageColumn[] = ['project_id', 'user_id', 'api_key_id', 'model', 'endpoint'];
/** How a row calls what a column is called in a question. */
const FIELDS = { project_id: 'projectId', user_id: 'userId', api_key_id: 'apiKeyId', model: 'model', endpoint: 'endpoint' } as const;

const rows = randomRows(4_000, { startMs: START_S * 1_000, endMs: END_S * 1_000, seed: 2 });

const visible: fc.Arbitrary<VisibleUsage> = fc.oneof(
  fc.constantFrom(...rows).map(({ projectId, apiKeyId }) => ({ kind: 'key', projectId, apiKeyId }) as const),
  fc.record({
    kind: fc.constant('projects' as const),
    organizationId: fc.constantFrom(...Object.keys(ORGANIZATIONS)),
    projectIds: fc.option(fc.subarray(['proj_a', 'proj_b', 'proj_other', 'proj_none']), { nil: undefined }),
  }),
);

const filters = fc.record(
  {
    project_id: fc.subarray(['proj_a', 'proj_b', 'proj_other'], { minLength: 1 }),
    user_id: fc.subarray(['user_1', 'user_2', ''], { minLength: 1 }),
    model: fc.subarray(['alpha', 'beta', 'beta:tuned', ''], { minLength: 1 }),
    endpoint: fc.subarray(['chat.completions', 'completions', 'embeddings'], { minLength: 1 }),
  },
  { requiredKeys: [] },
);

const WIDTHS = Object.keys(BUCKET_WIDTHS) as readonly BucketWidth[];

const question = fc
  .tuple(
    visible,
    fc.constantFrom(...WIDTHS),
    filters,
    fc.shuffledSubarray([...COLUMNS]),
    fc.integer({ min: START_S - 100_000, max: END_S }),
    fc.nat({ max: 400_000 }),
  )
  .map(([visible, width, filters, groupBy, startS, lengthS]): PagedQuestion => {
    // Some hundred buckets are enough of minutes.
    const endS = startS + 1 + Math.floor(width === '1m' ? lengthS / 20 : lengthS);
    return { asked: [width, filters, groupBy, startS, endS], visible, width, filters, groupBy, startS, endS, mayMatch: true };
  });

describe('usage in buckets', () => {
  let database: UsageDatabase;
  beforeAll(async () => {
    database = await createUsageDatabase(rows);
  });
  afterAll(() => database.close());

  const readAll = async (asked: PagedQuestion, limit: number): Promise<readonly UsageBucket[]> => {
    const buckets: UsageBucket[] = [];
    let page: string | undefined;
    do {
      const found = await readUsagePage(createUsageStore(database.db), asked, { limit, page, nowS: END_S });
      buckets.push(...found.buckets);
      page = found.nextPage;
    } while (page !== undefined);
    return buckets;
  };

  test('adds up to the requests, whatever is asked for, in any width and by any groups', async () => {
    await fc.assert(
      fc.asyncProperty(question, async (asked) => {
        const buckets = await readAll(asked, 10_000);
        const widthS = BUCKET_WIDTHS[asked.width].seconds;
        expect(buckets.map(({ startS }) => startS)).toEqual(startsOf(asked, widthS));
        const found = buckets.flatMap(({ startS, sums }) =>
          sums.map((each) => [nameOf(startS, each.group, asked.groupBy), toNumbers(each)] as const),
        );
        // Each group once in each bucket.
        expect(new Map(found).size).toBe(found.length);
        expect(new Map(found)).toEqual(expectedSums(asked, widthS));
      }),
      { numRuns: 150 },
    );
  });

  test('is the same in many small pages as in a large one', async () => {
    await fc.assert(
      fc.asyncProperty(question, fc.integer({ min: 1, max: 50 }), async (asked, limit) => {
        const small = asked.width === '1m' ? limit * 20 : limit;
        expect(await readAll(asked, small)).toEqual(await readAll(asked, 10_000));
      }),
      { numRuns: 40 },
    );
  });
});

function startsOf({ startS, endS = 0 }: PagedQuestion, widthS: number): readonly number[] {
  const firstS = Math.floor(startS / widthS) * widthS;
  return Array.from({ length: Math.ceil((endS - firstS) / widthS) }, (_, i) => firstS + i * widthS);
}

function expectedSums(asked: PagedQuestion, widthS: number): ReadonlyMap<string, readonly bigint[]> {
  const [firstS = 0, ...others] = startsOf(asked, widthS);
  const endS = (others.at(-1) ?? firstS) + widthS;
  const sums = new Map<string, readonly bigint[]>();
  for (const row of rows) {
    const atS = row.createdAt.getTime() / 1_000;
    if (atS < firstS || atS >= endS || !isSeen(row, asked.visible) || !isTaken(row, asked)) continue;
    const group = Object.fromEntries(COLUMNS.map((column) => [column, row[FIELDS[column]]]));
    const name = nameOf(Math.floor(atS / widthS) * widthS, group, asked.groupBy);
    const numbers = [1, row.tries > 0 ? 1 : 0, row.promptTokens, row.cachedTokens, row.completionTokens, row.costNanoUsd].map(BigInt);
    const before = sums.get(name) ?? numbers.map(() => 0n);
    sums.set(
      name,
      numbers.map((number, i) => number + (before[i] ?? 0n)),
    );
  }
  return sums;
}

function isSeen(row: RequestRow, seen: VisibleUsage): boolean {
  if (seen.kind === 'key') return row.apiKeyId === seen.apiKeyId && row.projectId === seen.projectId;
  return (ORGANIZATIONS[seen.organizationId]?.includes(row.projectId) ?? false) && (seen.projectIds?.includes(row.projectId) ?? true);
}

function isTaken(row: RequestRow, asked: PagedQuestion): boolean {
  return COLUMNS.every((column) => asked.filters[column]?.includes(row[FIELDS[column]]) ?? true);
}

function nameOf(startS: number, group: Readonly<Partial<Record<UsageColumn, string>>>, groupBy: readonly UsageColumn[]): string {
  return JSON.stringify([startS, ...groupBy.map((column) => group[column])]);
}

function toNumbers(sums: UsageBucket['sums'][number]): readonly bigint[] {
  const { requests, modelRequests, promptTokens, cachedTokens, completionTokens, costNanoUsd } = sums;
  return [...[requests, modelRequests, promptTokens, cachedTokens, completionTokens].map(BigInt), costNanoUsd];
}
