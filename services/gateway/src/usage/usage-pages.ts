import { Fault } from '@sluice/platform/fault';
import { z } from 'zod';
import { BUCKET_WIDTHS, type BucketWidth } from './bucket-width.ts';
import { CURSOR_LENGTH_MAX, decodeCursor, encodeCursor } from './page-cursor.ts';
import type { UsageColumn, UsageFilters, UsageStore, UsageSums } from './usage-store.ts';
import type { VisibleUsage } from './visible-usage.ts';

/** The end of the year 9999: what a date can say in all the places it goes to. */
export const UNIX_S_MAX = 253_402_300_799;
/** What a page holds at most, over all its buckets. */
const RESULTS_MAX = 10_000;

/** What is asked for, over all its pages. */
export type PagedQuestion = {
  /** The question as it was asked, but for the page and its size: a cursor is good for no other, and for nobody who may see more or less. */
  readonly asked: unknown;
  readonly visible: VisibleUsage;
  readonly width: BucketWidth;
  /** Unix time. The buckets are whole ones, so the first may begin before and the last end after. */
  readonly startS: number;
  /** Undefined means up to now. */
  readonly endS: number | undefined;
  readonly filters: UsageFilters;
  readonly groupBy: readonly UsageColumn[];
  /** False when it is known that there is nothing to find. */
  readonly mayMatch: boolean;
};

export type PageOptions = {
  readonly limit: number;
  readonly page: string | undefined;
  readonly nowS: number;
  readonly resultsMax?: number;
};

export type UsageBucket = { readonly startS: number; readonly endS: number; readonly sums: readonly UsageSums[] };
export type UsagePage = { readonly buckets: readonly UsageBucket[]; readonly nextPage: string | undefined };

const seconds = z.int().min(0).max(UNIX_S_MAX);
/** Where the next page begins, and where the last one ends: "now" stays what it was on the first page. */
const positionSchema = z.tuple([seconds, seconds]);
export const pageSchema = z.string().min(1).max(CURSOR_LENGTH_MAX);

/** Buckets without gaps and in order, empty ones too: at most `limit` of them, fewer where they hold very many groups. */
export async function readUsagePage(store: UsageStore, question: PagedQuestion, options: PageOptions): Promise<UsagePage> {
  const { limit, nowS, resultsMax = RESULTS_MAX } = options;
  const widthS = BUCKET_WIDTHS[question.width].seconds;
  const [fromS, endS] = findStart(question, { page: options.page, nowS });
  const untilS = Math.min(endS, fromS + limit * widthS);
  const { visible, width, filters, groupBy } = question;
  const rows =
    question.mayMatch && fromS < untilS
      ? await store.sum({ visible, width, filters, groupBy, startsAt: toDate(fromS), endsAt: toDate(untilS), rowsMax: resultsMax + 1 })
      : [];
  // The last bucket of a list that was cut may be incomplete, so the next page begins with it.
  const stopS = rows.length > resultsMax ? (rows.at(-1)?.bucketStartS ?? untilS) : untilS;
  if (stopS === fromS && fromS < untilS) throw tooManyGroups(resultsMax);
  const buckets = toBuckets(rows, { fromS, stopS, widthS });
  return { buckets, nextPage: stopS < endS ? encodeCursor(identityOf(question), [stopS, endS]) : undefined };
}

function findStart(question: PagedQuestion, { page, nowS }: { page: string | undefined; nowS: number }): z.infer<typeof positionSchema> {
  const widthS = BUCKET_WIDTHS[question.width].seconds;
  const firstS = Math.floor(question.startS / widthS) * widthS;
  // Now itself is in the bucket that has begun.
  const lastS = Math.ceil((question.endS ?? nowS + 1) / widthS) * widthS;
  if (page === undefined) return [firstS, Math.max(firstS, lastS)];
  const [atS, endS] = decodeCursor(page, identityOf(question), positionSchema);
  // Only a cursor that somebody made up gets here with less than whole buckets.
  return [Math.max(firstS, Math.floor(atS / widthS) * widthS), Math.floor(endS / widthS) * widthS];
}

function identityOf({ asked, visible }: PagedQuestion): unknown {
  return [asked, visible];
}

function toBuckets(rows: readonly UsageSums[], span: { fromS: number; stopS: number; widthS: number }): readonly UsageBucket[] {
  const { fromS, stopS, widthS } = span;
  const byBucket = Map.groupBy(rows, ({ bucketStartS }) => bucketStartS);
  return Array.from({ length: Math.max(0, (stopS - fromS) / widthS) }, (_, i) => {
    const startS = fromS + i * widthS;
    return { startS, endS: startS + widthS, sums: byBucket.get(startS) ?? [] };
  });
}

function tooManyGroups(resultsMax: number): Fault {
  return new Fault('INVALID_VALUE', {
    message: `Invalid value for 'group_by': one bucket would have more than ${resultsMax} results. Ask for fewer projects, users, keys or models at once.`,
    param: 'group_by',
  });
}

function toDate(unixS: number): Date {
  return new Date(unixS * 1_000);
}
