import { Client, DatabaseError } from 'pg';

const CONNECT_DEADLINE_MS = 5_000;

/** Prisma's error codes for a database that cannot be used, by Postgres' SQLSTATE. */
const CODE_BY_SQLSTATE: Record<string, string> = { '3D000': 'P1003', '28P01': 'P1000', '28000': 'P1010' };
const CANNOT_REACH = 'P1001';

/** `cli can-connect-to-database` and `cli create-database`: resolves with the exit code and says what is wrong on stderr, as the binary does. */
export async function runEngineCommand(command: string | undefined, url: string): Promise<number> {
  try {
    if (command === 'can-connect-to-database') await connectOnce(url);
    else if (command === 'create-database') await createDatabase(url);
    else throw new Error(`the offline schema engine does not know the command "${command}"`);
    return 0;
  } catch (error) {
    reportProblem(error);
    return 1;
  }
}

async function connectOnce(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: CONNECT_DEADLINE_MS });
  await client.connect();
  await client.end();
}

async function createDatabase(url: string): Promise<void> {
  const server = new URL(url);
  const name = decodeURIComponent(server.pathname.slice(1));
  server.pathname = '/postgres';
  const client = new Client({ connectionString: server.href, connectionTimeoutMillis: CONNECT_DEADLINE_MS });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}

/** Prisma drops the first line and reads the others as tracing records; a trailing line break would be one record too many. */
function reportProblem(error: unknown): void {
  const message =
    error instanceof AggregateError ? error.errors.map(String).join('; ') : error instanceof Error ? error.message : String(error);
  const sqlState = error instanceof DatabaseError ? error.code : undefined;
  const error_code = (sqlState !== undefined && CODE_BY_SQLSTATE[sqlState]) || CANNOT_REACH;
  const record = { level: 'ERROR', target: 'schema_engine::logger', fields: { message, error_code, is_panic: false } };
  process.stderr.write(`the offline schema engine could not do it\n${JSON.stringify(record)}`);
}
