import { Prisma } from '../generated/client.ts';
import type { Database } from './client.ts';

/** Makes the history's partitions of today (UTC) and of `days` days after it where they are missing, and returns how many it made. Safe to call at any time, from any process. */
export async function ensureRequestPartitions(db: Pick<Database, '$queryRaw'>, days: number): Promise<number> {
  const [result] = await db.$queryRaw<{ made: number }[]>(Prisma.sql`SELECT ensure_request_log_partitions(${days}::int) AS made`);
  return result?.made ?? 0;
}

/** Drops what a history table holds of the days (UTC) before the last `days` whole ones, and returns how many partitions went. */
export async function dropRequestPartitions(
  db: Pick<Database, '$queryRaw'>,
  kept: { readonly table: 'request_log' | 'request_content'; readonly days: number },
): Promise<number> {
  const [result] = await db.$queryRaw<{ dropped: number }[]>(
    Prisma.sql`SELECT drop_day_partitions(${kept.table}, ${kept.days}::int) AS dropped`,
  );
  return result?.dropped ?? 0;
}
