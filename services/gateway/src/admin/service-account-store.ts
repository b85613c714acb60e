import type { Database } from '@sluice/prisma/client';
import type { Role } from '@sluice/prisma/generated/enums';
import type { ServiceAccount } from '@sluice/prisma/generated/client';
import { createId } from '@sluice/prisma/ids';
import type { Change, Changes } from './change-store.ts';
import { issueKey } from './key-issue-store.ts';
import { revokeKeys } from './key-revoke-store.ts';
import { PLAIN_KEY } from './key-spec.ts';
import { notFound } from './not-found.ts';
import { readPage, type Page, type PageRequest } from './page.ts';
import type { Requester } from './requester.ts';
import { requireProject } from './project-find-store.ts';
import { withoutUndefined } from './without-undefined.ts';

type AccountName = { readonly projectId: string; readonly id: string };
type KeyWish = { readonly name: string; readonly scopes: readonly string[]; readonly lifetimeMs: number | undefined };
/** A service account's key, and the only copy of its secret. */
export type AccountKey = {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly value: string;
};

export type ServiceAccountStore = ReturnType<typeof createServiceAccountStore>;

export function createServiceAccountStore(db: Database, { changes, pepper }: { changes: Changes; pepper: string }) {
  const issue = async (change: Change, { projectId, id }: AccountName, { name, scopes, lifetimeMs }: KeyWish): Promise<AccountKey> => {
    const expiresAt = lifetimeMs === undefined ? null : new Date(change.now.getTime() + lifetimeMs);
    const holder = { projectId, ownerId: null, serviceAccountId: id };
    const issued = await issueKey(change, pepper, { holder, spec: { ...PLAIN_KEY, name, scopes, expiresAt } });
    return { ...issued, name, createdAt: change.now, expiresAt };
  };

  return {
    /** Without a key where none is wished for. */
    create: (
      by: Requester,
      projectId: string,
      { name, role, key }: { name: string; role: Role; key: KeyWish | undefined },
    ): Promise<{ account: ServiceAccount; key: AccountKey | null }> =>
      changes(by, async (change) => {
        await requireProject(change, projectId);
        const data = { id: createId('svcacct'), projectId, name, role, createdAt: change.now };
        const account = await change.tx.serviceAccount.create({ data });
        change.record({ type: 'service_account.created', ...targetOf(account), before: null, after: { name, role } });
        return { account, key: key ? await issue(change, account, key) : null };
      }),

    createKey: (by: Requester, name: AccountName, wish: KeyWish): Promise<AccountKey> =>
      changes(by, async (change) => {
        await requireProject(change, name.projectId);
        return issue(change, await requireAccount(change.tx, name), wish);
      }),

    /** Throws NOT_FOUND. */
    find: (name: AccountName): Promise<ServiceAccount> => requireAccount(db, name),

    list: (projectId: string, page: PageRequest): Promise<Page<ServiceAccount>> =>
      readPage(page, {
        order: 'asc',
        placeOf: (id) => db.serviceAccount.findFirst({ where: { id, projectId } }),
        read: (slice) => db.serviceAccount.findMany({ ...slice, where: { projectId, deletedAt: null, ...slice.where } }),
      }),

    change: (by: Requester, name: AccountName, wanted: { name?: string | undefined; role?: Role | undefined }): Promise<ServiceAccount> =>
      changes(by, async (change) => {
        await requireProject(change, name.projectId);
        const before = await requireAccount(change.tx, name);
        const after = await change.tx.serviceAccount.update({ where: { id: before.id }, data: withoutUndefined(wanted) });
        change.record({
          type: 'service_account.updated',
          ...targetOf(before),
          before: { name: before.name, role: before.role },
          after: { name: after.name, role: after.role },
        });
        return after;
      }),

    /** Its keys end with it. */
    delete: (by: Requester, name: AccountName): Promise<ServiceAccount> =>
      changes(by, async (change) => {
        await requireProject(change, name.projectId);
        const account = await requireAccount(change.tx, name);
        await change.tx.serviceAccount.update({ where: { id: account.id }, data: { deletedAt: change.now } });
        change.record({
          type: 'service_account.deleted',
          ...targetOf(account),
          before: { name: account.name, role: account.role },
          after: null,
        });
        await revokeKeys(change, await change.tx.apiKey.findMany({ where: { serviceAccountId: account.id, revokedAt: null } }));
        return account;
      }),
  };
}

/** The route made sure that the project is one of the organization's. */
async function requireAccount(db: Database | Change['tx'], { projectId, id }: AccountName): Promise<ServiceAccount> {
  const account = await db.serviceAccount.findFirst({ where: { id, projectId, deletedAt: null } });
  if (!account) throw notFound('service account');
  return account;
}

function targetOf({ id, projectId }: AccountName) {
  return { target: { kind: 'service_account', id }, projectId } as const;
}
