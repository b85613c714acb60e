import { PrismaPg } from '@prisma/adapter-pg';
import {
  ColumnTypeEnum,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
  type SqlResultSet,
} from '@prisma/driver-adapter-utils';
import { Pool, type PoolConfig, type QueryConfig, type QueryResult } from 'pg';

const CONNECT_DEADLINE_MS = 5_000;
/** Postgres' one-byte "char" type, which introspection selects from the catalog and @prisma/adapter-pg refuses to read. */
const CHAR_OID = 18;
const TEXT_OID = 25;
/** Tells such a column on its way through the adapter. No identifier of Postgres can hold this character. */
const CHAR_MARK = '\0';

/**
 * @prisma/adapter-pg as the schema engine needs it. The plain adapter tears functions apart, because it splits a script
 * at every semicolon, and cannot introspect a database, because it does not know the type "char".
 */
export function migrationAdapter(connectionString: string): SqlMigrationAwareDriverAdapterFactory & { close(): Promise<void> } {
  // The engine's advisory lock belongs to a session, so the pool must not let an idle one go.
  const config = { connectionString, connectionTimeoutMillis: CONNECT_DEADLINE_MS, idleTimeoutMillis: 0 };
  const open: SqlDriverAdapter[] = [];
  const keep = (adapter: SqlDriverAdapter): SqlDriverAdapter => {
    open.push(adapter);
    return adapter;
  };
  return {
    provider: 'postgres',
    adapterName: '@prisma/adapter-pg',
    connect: async () => keep(await connect(config)),
    connectToShadowDb: () => connectToShadow(config),
    // The engine disposes of a shadow database, but never of the connection it was made with.
    close: async () => {
      await Promise.all(open.splice(0).map((adapter) => adapter.dispose()));
    },
  };
}

async function connect(config: PoolConfig): Promise<SqlDriverAdapter> {
  const adapter = await new PrismaPg(passCharAsText(new Pool(config)), { disposeExternalPool: true }).connect();
  const queryRaw = adapter.queryRaw.bind(adapter);
  adapter.queryRaw = async (query) => restoreChar(await queryRaw(query));
  // One simple query, as the real engine sends it: Postgres itself splits the script, in one implicit transaction.
  adapter.executeScript = async (script) => {
    await adapter.executeRaw({ sql: script, args: [], argTypes: [] });
  };
  return adapter;
}

/** An empty database beside the real one, dropped when the engine is done with it. */
async function connectToShadow(config: PoolConfig): Promise<SqlDriverAdapter> {
  const name = `prisma_migrate_shadow_db_${crypto.randomUUID()}`;
  const owner = await connect(config);
  await owner.executeScript(`CREATE DATABASE "${name}"`);
  const url = new URL(config.connectionString ?? '');
  url.pathname = `/${name}`;
  const shadow = await connect({ ...config, connectionString: url.href });
  const disposeShadow = shadow.dispose.bind(shadow);
  shadow.dispose = async () => {
    await disposeShadow();
    await owner.executeScript(`DROP DATABASE "${name}" WITH (FORCE)`);
    await owner.dispose();
  };
  return shadow;
}

function passCharAsText(pool: Pool): Pool {
  const query = pool.query.bind(pool);
  // The adapter calls `query` with one object only, and awaits it.
  const marked = async (config: QueryConfig): Promise<QueryResult> => {
    const result = await query(config);
    // A script of several statements has several results, and no fields that anybody reads.
    for (const field of result.fields ?? []) {
      if (field.dataTypeID !== CHAR_OID) continue;
      field.dataTypeID = TEXT_OID;
      field.name = CHAR_MARK + field.name;
    }
    return result;
  };
  return Object.assign(pool, { query: marked });
}

function restoreChar(result: SqlResultSet): SqlResultSet {
  const isChar = result.columnNames.map((name) => name.startsWith(CHAR_MARK));
  return {
    ...result,
    columnNames: result.columnNames.map((name, i) => (isChar[i] ? name.slice(CHAR_MARK.length) : name)),
    columnTypes: result.columnTypes.map((type, i) => (isChar[i] ? ColumnTypeEnum.Character : type)),
  };
}
