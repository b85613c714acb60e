import { Fault } from '@sluice/platform/fault';

/**
 * What a failure of the database means to whoever asked: one that passes by waiting becomes STORE_UNAVAILABLE, a value that
 * no column takes INVALID_REQUEST. Anything else comes back as it is.
 */
export function storeFault(error: unknown): unknown {
  if (error instanceof Fault) return error;
  const state = textAt(error, ['meta', 'driverAdapterError', 'cause', 'originalCode']) ?? '';
  const kind = textAt(error, ['meta', 'driverAdapterError', 'cause', 'kind']) ?? '';
  if (isAway(textAt(error, ['code']) ?? '', state) || AWAY_KINDS.has(kind) || AWAY_TEXTS.has(textAt(error, ['message']) ?? '')) {
    const message = 'The database cannot be reached right now. Please try again in a moment.';
    return new Fault('STORE_UNAVAILABLE', { message, internal: textAt(error, ['message']), cause: error });
  }
  if (state.startsWith('22')) {
    return new Fault('INVALID_REQUEST', { message: 'The request holds a value that cannot be stored.', cause: error });
  }
  return error;
}

/** What the driver calls it when a query of our own wording gets no connection, or loses it. */
const AWAY_KINDS: ReadonlySet<string> = new Set(['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections']);
/** The whole texts of node-postgres' own errors, which have no code: its pool stays busy, or a connection of it was cut. */
const AWAY_TEXTS: ReadonlySet<string> = new Set([
  'timeout exceeded when trying to connect',
  'Connection terminated due to connection timeout',
  'Connection terminated unexpectedly',
  'Connection terminated',
  'Client has encountered a connection error and is not queryable',
]);

/** What a store answers; its failure as the Fault that it means to the caller, where it means one. */
export async function fromStore<Value>(answer: Promise<Value>): Promise<Value> {
  try {
    return await answer;
  } catch (error) {
    throw storeFault(error);
  }
}

/** Somebody was first: the row is there already. */
export function isDuplicate(error: unknown): boolean {
  return textAt(error, ['code']) === 'P2002';
}

/** Other rows still speak of this one, or this one speaks of a row that is not there. */
export function isReferenced(error: unknown): boolean {
  return textAt(error, ['code']) === 'P2003';
}

/** P1…: no connection. P2024 and P2028: none became free, or a transaction took too long. SQLSTATE: connections (08), a standby (25), deadlocks (40), no room (53), locks (55), an operator (57). */
function isAway(code: string, state: string): boolean {
  return /^(P1\d{3}|P2024|P2028|P2034)$/.test(code) || /^(08|25|40|53|55|57)/.test(state);
}

function textAt(error: unknown, path: readonly string[]): string | undefined {
  let current: unknown = error;
  for (const key of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = Reflect.get(current, key);
  }
  return typeof current === 'string' ? current : undefined;
}
