import type { Database } from '@sluice/prisma/client';
import { Prisma } from '@sluice/prisma/generated/client';
import type { ScopeKind } from '../keys/policy.ts';
import { splitInterval, type Interval } from './split-interval.ts';

export type Scope = { readonly kind: ScopeKind; readonly id: string };

/** Prompt and output together; money in billionths of a US dollar. */
export type ScopeUsage = { readonly tokens: bigint; readonly nanoUsd: bigint };

/** What the requests of a scope that arrived within an interval have used, as far as history has them. */
export type ScopeUsageStore = { used(scope: Scope, interval: Interval): Promise<ScopeUsage> };

/**
 * Exact for any interval: whole UTC days come from the daily sums, whole hours around them from the hourly ones, and what is
 * left from the rows themselves, all in one statement and so as of one moment. Only a period that does not begin at a full
 * hour needs rows, and only as long as history keeps them.
 */
export function createScopeUsageStore(db: Pick<Database, '$queryRaw'>): ScopeUsageStore {
  return {
    used: async (scope, interval) => {
      const { days, hours, rest } = splitInterval(interval);
      const parts = [
        ...days.map((part) => sumOf(DAILY, scope, part)),
        ...hours.map((part) => sumOf(HOURLY, scope, part)),
        ...rest.map((part) => sumOf(ROWS, scope, part)),
      ];
      if (parts.length === 0) return { tokens: 0n, nanoUsd: 0n };
      const [sum] = await db.$queryRaw<ScopeUsage[]>(Prisma.sql`
        SELECT coalesce(sum(tokens), 0)::bigint AS tokens, coalesce(sum(nano_usd), 0)::bigint AS "nanoUsd"
        FROM (${Prisma.join(parts, ' UNION ALL ')}) AS parts`);
      return sum ?? { tokens: 0n, nanoUsd: 0n };
    },
  };
}

type Source = { readonly table: Prisma.Sql; readonly at: Prisma.Sql };

const DAILY: Source = { table: Prisma.sql`usage_daily`, at: Prisma.sql`day` };
const HOURLY: Source = { table: Prisma.sql`usage_hourly`, at: Prisma.sql`hour` };
const ROWS: Source = { table: Prisma.sql`request_log`, at: Prisma.sql`created_at` };

function sumOf({ table, at }: Source, scope: Scope, { startsAt, endsAt }: Interval): Prisma.Sql {
  return Prisma.sql`
    SELECT sum(prompt_tokens + completion_tokens) AS tokens, sum(cost_nano_usd) AS nano_usd
    FROM ${table} WHERE ${inScope(scope)} AND ${at} >= ${startsAt} AND ${at} < ${endsAt}`;
}

function inScope({ kind, id }: Scope): Prisma.Sql {
  if (kind === 'organization') return Prisma.sql`project_id IN (SELECT id FROM projects WHERE organization_id = ${id})`;
  return Prisma.sql`${COLUMNS[kind]} = ${id}`;
}

const COLUMNS: Readonly<Record<Exclude<ScopeKind, 'organization'>, Prisma.Sql>> = {
  key: Prisma.sql`api_key_id`,
  user: Prisma.sql`user_id`,
  project: Prisma.sql`project_id`,
};
