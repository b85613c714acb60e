import { Fault } from '@sluice/platform/fault';
import type { Database } from '@sluice/prisma/client';
import type { Prisma } from '@sluice/prisma/generated/client';
import { appendAudit } from './audit-append-store.ts';
import { changesOf, type AuditEntry, type AuditType } from './audit-entry.ts';
import { notFound } from './not-found.ts';
import type { Requester } from './requester.ts';

export type Transaction = Prisma.TransactionClient;

/** A change in the making. Nothing of it is there before all of it is. */
export type Change = {
  readonly tx: Transaction;
  readonly by: Requester;
  readonly organizationId: string;
  /** The database's own time, at which the change happens. */
  readonly now: Date;
  /** Puts it into the audit log, with the change or not at all. Returns false, and puts nothing, when nothing differs. */
  readonly record: (entry: AuditEntry) => boolean;
  /** Names the epochs of snapshots that are stale once the change is there. */
  readonly outdates: (...epochs: readonly string[]) => void;
};

/**
 * Carries out a change of an organization and its audit rows in one transaction, then tells the gateways. The changes of an
 * organization go one after the other, so that "before" is what really was before, and no two of them undo a rule together.
 * Rejects with CHANGE_UNCERTAIN when it may have been carried out all the same; after any other failure it was not.
 */
export type Changes = <Result>(by: Requester, work: (change: Change) => Promise<Result>) => Promise<Result>;

export type ChangesDeps = {
  readonly db: Database;
  /** Called when the change is there; never rejects. */
  readonly announce: (epochs: readonly string[]) => Promise<void>;
  readonly onChange: (type: AuditType) => void;
};

/** A change that waits longer for a connection or a lock is refused, and may be tried again. */
const CONNECTION_WAIT_MS = 2_000;
const TRANSACTION_MS = 5_000;

export function createChanges({ db, announce, onChange }: ChangesDeps): Changes {
  return async (by, work) => {
    const { organizationId } = by.principal;
    const entries: AuditEntry[] = [];
    const epochs = new Set<string>();
    let isBeingSaved = false;
    const transaction = db.$transaction(
      async (tx) => {
        const now = await lockOrganization(tx, organizationId);
        const record = (entry: AuditEntry): boolean => {
          const isChange = changesOf(entry) !== undefined;
          if (isChange) entries.push(entry);
          return isChange;
        };
        const outdates = (...names: readonly string[]): void => {
          for (const name of names) epochs.add(name);
        };
        const done = await work({ tx, by, organizationId, now, record, outdates });
        if (entries.length > 0) await appendAudit(tx, entries, { by, at: now });
        isBeingSaved = true;
        return done;
      },
      { maxWait: CONNECTION_WAIT_MS, timeout: TRANSACTION_MS },
    );
    const result = await transaction.catch((error: unknown) => {
      throw isBeingSaved ? uncertain(error) : error;
    });
    for (const { type } of entries) onChange(type);
    await announce([...epochs]);
    return result;
  };
}

/** The commit was sent, and what came of it was not heard. */
function uncertain(cause: unknown): Fault {
  const message =
    'The connection to the database was lost while the change was being saved: it may have been made, or not. Please look before you repeat it.';
  return new Fault('CHANGE_UNCERTAIN', { message, internal: cause instanceof Error ? cause.message : undefined, cause });
}

/** Does not block those who read the row or refer to it. */
async function lockOrganization(tx: Transaction, organizationId: string): Promise<Date> {
  const locked = await tx.$queryRaw`SELECT id FROM organizations WHERE id = ${organizationId} FOR NO KEY UPDATE`;
  if (!Array.isArray(locked) || locked.length === 0) throw notFound('organization');
  // In a statement of its own: one that waits for the lock would read the clock before it has it.
  const [clock] = await tx.$queryRaw<[{ now: Date }]>`SELECT clock_timestamp() AS now`;
  return clock.now;
}
