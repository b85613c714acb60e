import type { Database } from '@sluice/prisma/client';
import { toAuditRow, type AuditEvent } from './audit-event.ts';
import { revokeSessions } from './session-store.ts';

/** What a login needs to know of a user. */
export type UserAccount = {
  readonly id: string;
  readonly email: string;
  readonly organizationId: string;
  readonly passwordHash: string | undefined;
  readonly isDisabled: boolean;
};

/** What users may read of themselves. */
export type UserProfile = {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: string;
  readonly projects: readonly { readonly id: string; readonly name: string; readonly role: string }[];
};

type PasswordChange = { readonly userId: string; readonly from: string; readonly to: string };

export type UserStore = {
  /** The email in lower case, as it is stored. */
  findByEmail(email: string): Promise<UserAccount | undefined>;
  findById(userId: string): Promise<UserAccount | undefined>;
  describe(userId: string): Promise<UserProfile | undefined>;
  /** Changes the password and ends all sessions but one, or, when `from` is not the password any more, nothing. */
  changePassword(change: PasswordChange, context: { keptSessionId: string | undefined; event: AuditEvent }): Promise<boolean>;
  /** The same password, stored at another cost. Changes nothing when it was changed meanwhile. */
  storeRehash(change: PasswordChange): Promise<void>;
  appendAudit(event: AuditEvent): Promise<void>;
};

export function createUserStore(db: Database): UserStore {
  return {
    findByEmail: async (email) => toAccount(await db.user.findUnique({ where: { email } })),
    findById: async (id) => toAccount(await db.user.findUnique({ where: { id } })),
    describe: async (id) => {
      const memberships = { include: { project: true }, where: { project: { archivedAt: null } }, orderBy: { createdAt: 'asc' } } as const;
      const user = await db.user.findUnique({ where: { id }, include: { memberships } });
      if (!user) return undefined;
      const projects = user.memberships.map(({ project, role }) => ({ id: project.id, name: project.name, role }));
      return { id: user.id, email: user.email, name: user.name, role: user.role, projects };
    },
    changePassword: ({ userId, from, to }, { keptSessionId, event }) =>
      db.$transaction(async (tx) => {
        const changed = await tx.user.updateMany({ where: { id: userId, passwordHash: from }, data: { passwordHash: to } });
        if (changed.count === 0) return false;
        await revokeSessions(tx, { userId, except: keptSessionId, at: event.at });
        await tx.auditLog.create({ data: toAuditRow(event) });
        return true;
      }),
    storeRehash: async ({ userId, from, to }) => {
      await db.user.updateMany({ where: { id: userId, passwordHash: from }, data: { passwordHash: to } });
    },
    appendAudit: async (event) => {
      await db.auditLog.create({ data: toAuditRow(event) });
    },
  };
}

type Row = { id: string; email: string; organizationId: string; passwordHash: string | null; disabledAt: Date | null };

function toAccount(row: Row | null): UserAccount | undefined {
  if (!row) return undefined;
  const { id, email, organizationId, passwordHash, disabledAt } = row;
  return { id, email, organizationId, passwordHash: passwordHash ?? undefined, isDisabled: disabledAt !== null };
}
