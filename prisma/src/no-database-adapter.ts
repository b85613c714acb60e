import {
  ColumnTypeEnum,
  DriverAdapterError,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
  type SqlQuery,
  type SqlResultSet,
} from '@prisma/driver-adapter-utils';

/** The oldest release that Sluice's migrations are written for. */
const SERVER_VERSION = 150_000;

/**
 * Stands in where no database was named. The engine asks for the server's version before anything else, also for
 * `migrate diff` between two schema files, which needs no server; every other query is refused.
 */
export function noDatabaseAdapter(): SqlMigrationAwareDriverAdapterFactory & { close(): Promise<void> } {
  const info = { provider: 'postgres', adapterName: 'no-database' } as const;
  const connect = async (): Promise<SqlDriverAdapter> => ({
    ...info,
    queryRaw: async (query) => answerVersion(query),
    executeRaw: async () => refuse(),
    executeScript: async () => refuse(),
    startTransaction: async () => refuse(),
    getConnectionInfo: () => ({ schemaName: 'public', supportsRelationJoins: true }),
    dispose: async () => {},
  });
  return { ...info, connect, connectToShadowDb: async () => refuse(), close: async () => {} };
}

function answerVersion(query: SqlQuery): SqlResultSet {
  if (!query.sql.includes('server_version_num')) return refuse();
  return {
    columnNames: ['exists', 'version', 'numeric_version'],
    columnTypes: [ColumnTypeEnum.Boolean, ColumnTypeEnum.Text, ColumnTypeEnum.Int32],
    rows: [[true, `PostgreSQL ${SERVER_VERSION / 10_000}`, SERVER_VERSION]],
  };
}

function refuse(): never {
  throw new DriverAdapterError({
    kind: 'postgres',
    code: '08001',
    severity: 'FATAL',
    message: 'No database is named. Set DATABASE_URL, or start one with `./sluice up`.',
    detail: undefined,
    column: undefined,
    hint: undefined,
  });
}
