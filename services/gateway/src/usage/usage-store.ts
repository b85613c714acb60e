import type { Database } from '@sluice/prisma/client';
import { Prisma } from '@sluice/prisma/generated/client';
import type { BucketWidth } from './bucket-width.ts';
import { whereVisible } from './visible-usage-store.ts';
import type { VisibleUsage } from './visible-usage.ts';

/** What usage can be told apart by. */
export type UsageColumn = 'project_id' | 'user_id' | 'api_key_id' | 'model' | 'endpoint';
/** By column, the values to take; a column that is not named takes all. */
export type UsageFilters = { readonly [Column in UsageColumn]?: readonly string[] | undefined };

export type UsageQuestion = {
  readonly visible: VisibleUsage;
  readonly width: BucketWidth;
  /** Both at the border of a bucket. */
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly filters: UsageFilters;
  readonly groupBy: readonly UsageColumn[];
  /** How many sums to return at most. */
  readonly rowsMax: number;
};

/** The sums of one bucket and one group. */
export type UsageSums = {
  readonly bucketStartS: number;
  readonly group: Readonly<Partial<Record<UsageColumn, string>>>;
  /** Every request in history, refused ones too. */
  readonly requests: number;
  /** Those of them that reached a model. */
  readonly modelRequests: number;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly completionTokens: number;
  readonly costNanoUsd: bigint;
};

/** Sums by bucket and group, in the order of the buckets. Those without any request are left out. */
export type UsageStore = { sum(question: UsageQuestion): Promise<readonly UsageSums[]> };

type Row = Partial<Record<UsageColumn, string>> &
  Record<'bucketStartS' | 'requests' | 'modelRequests' | 'promptTokens' | 'cachedTokens' | 'completionTokens' | 'costNanoUsd', bigint>;

export function createUsageStore(db: Pick<Database, '$queryRaw'>): UsageStore {
  return {
    sum: async (question) => {
      const { table, at, bucket, requests } = SOURCES[question.width];
      const groups = question.groupBy.map((column) => COLUMNS[column]);
      const keys = Prisma.join([Prisma.sql`bucket`, ...groups]);
      const rows = await db.$queryRaw<Row[]>(Prisma.sql`
        SELECT ${Prisma.join([Prisma.sql`extract(epoch FROM bucket)::bigint AS "bucketStartS"`, ...groups])},
          sum(requests)::bigint AS requests, sum(model_requests)::bigint AS "modelRequests", sum(prompt_tokens)::bigint AS "promptTokens",
          sum(cached_tokens)::bigint AS "cachedTokens", sum(completion_tokens)::bigint AS "completionTokens",
          sum(cost_nano_usd)::bigint AS "costNanoUsd"
        FROM (
          SELECT *, ${bucket} AS bucket ${requests} FROM ${table}
          WHERE ${whereVisible(question.visible)} AND ${at} >= ${question.startsAt} AND ${at} < ${question.endsAt}
            ${whereFiltered(question.filters)}
        ) AS source
        GROUP BY ${keys} ORDER BY ${keys} LIMIT ${question.rowsMax}`);
      return rows.map((row) => toSums(row, question.groupBy));
    },
  };
}

type Source = { readonly table: Prisma.Sql; readonly at: Prisma.Sql; readonly bucket: Prisma.Sql; readonly requests: Prisma.Sql };

const SOURCES: Readonly<Record<BucketWidth, Source>> = {
  '1m': {
    table: Prisma.sql`request_log`,
    at: Prisma.sql`created_at`,
    bucket: Prisma.sql`date_trunc('minute', created_at, 'UTC')`,
    requests: Prisma.sql`, 1 AS requests, (tries > 0)::int AS model_requests`,
  },
  '1h': { table: Prisma.sql`usage_hourly`, at: Prisma.sql`hour`, bucket: Prisma.sql`hour`, requests: Prisma.empty },
  '1d': { table: Prisma.sql`usage_daily`, at: Prisma.sql`day`, bucket: Prisma.sql`day`, requests: Prisma.empty },
};

const COLUMNS: Readonly<Record<UsageColumn, Prisma.Sql>> = {
  project_id: Prisma.sql`project_id`,
  user_id: Prisma.sql`user_id`,
  api_key_id: Prisma.sql`api_key_id`,
  model: Prisma.sql`model`,
  endpoint: Prisma.sql`endpoint`,
};

function whereFiltered(filters: UsageFilters): Prisma.Sql {
  const conditions = (Object.keys(COLUMNS) as UsageColumn[]).flatMap((column) => {
    const values = filters[column];
    return values ? [Prisma.sql`AND ${COLUMNS[column]} = ANY (${values})`] : [];
  });
  return conditions.length > 0 ? Prisma.join(conditions, ' ') : Prisma.empty;
}

function toSums(row: Row, groupBy: readonly UsageColumn[]): UsageSums {
  return {
    bucketStartS: Number(row.bucketStartS),
    group: Object.fromEntries(groupBy.map((column) => [column, row[column]])),
    requests: Number(row.requests),
    modelRequests: Number(row.modelRequests),
    promptTokens: Number(row.promptTokens),
    cachedTokens: Number(row.cachedTokens),
    completionTokens: Number(row.completionTokens),
    costNanoUsd: row.costNanoUsd,
  };
}
