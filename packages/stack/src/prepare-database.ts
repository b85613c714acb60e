import { createDatabase } from '@sluice/prisma/client';
import { migrate } from '@sluice/prisma/migrate';
import { ensureRequestPartitions } from '@sluice/prisma/partitions';
import { seed, type SeedOptions } from '@sluice/prisma/seed';

/** A stack that runs longer makes the next ones itself; without them rows wait in the default partition. */
const PARTITIONS_AHEAD_DAYS = 14;

/** Brings a database to this checkout's schema with the stack's keys in it, and returns how many migrations that took. */
export async function prepareDatabase(url: string, options: SeedOptions): Promise<number> {
  const applied = await migrate(url);
  const db = createDatabase(url, { poolMax: 2 });
  try {
    await seed(db, options);
    await ensureRequestPartitions(db, PARTITIONS_AHEAD_DAYS);
  } finally {
    await db.$disconnect();
  }
  return applied.length;
}
