/**
 * Whether the database refused the rows themselves, so that sending them again would fail again. Everything else, such as a server that
 * is away or takes no writes now, may pass.
 */
export function isRowFault(error: unknown): boolean {
  return ROW_FAULTS.has(sqlStateOf(error)?.slice(0, 2) ?? '');
}

/** SQLSTATE classes: data exception, constraint violation, and a value too large or too deeply nested. */
const ROW_FAULTS = new Set(['22', '23', '54']);

/** Where Prisma's driver adapter leaves what Postgres said of a raw query. */
function sqlStateOf(error: unknown): string | undefined {
  let current: unknown = error;
  for (const key of ['meta', 'driverAdapterError', 'cause', 'originalCode']) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = Reflect.get(current, key);
  }
  return typeof current === 'string' ? current : undefined;
}
