import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from '../generated/client.ts';

export type Database = PrismaClient;

const CONNECT_DEADLINE_MS = 5_000;
/** Nothing on a request's path takes longer; a query that does has lost its caller already. */
const STATEMENT_DEADLINE_MS = 10_000;
const IDLE_MS = 30_000;

/** Prisma on a pool of at most `poolMax` connections. Connects at the first query; every query ends within 15 s. Close with `$disconnect()`. */
export function createDatabase(url: string, options: { poolMax: number }): Database {
  const adapter = new PrismaPg({
    connectionString: url,
    max: options.poolMax,
    connectionTimeoutMillis: CONNECT_DEADLINE_MS,
    statement_timeout: STATEMENT_DEADLINE_MS,
    idleTimeoutMillis: IDLE_MS,
    // The adapter sends and reads times without their zone; a server set to another one would shift them.
    options: '-c TimeZone=UTC',
  });
  return new PrismaClient({ adapter });
}
