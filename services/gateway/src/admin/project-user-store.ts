import { Fault } from '@sluice/platform/fault';
import type { Database } from '@sluice/prisma/client';
import type { Role } from '@sluice/prisma/generated/enums';
import type { Change, Changes } from './change-store.ts';
import { notFound } from './not-found.ts';
import { readPage, type Page, type PageRequest, type Slice } from './page.ts';
import { roleInProject } from './permissions.ts';
import type { Requester } from './requester.ts';
import { requireProject } from './project-find-store.ts';
import { requireRank } from './require-rank.ts';
import { revokeKeys } from './key-revoke-store.ts';

export type ProjectUser = {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly createdAt: Date;
};
type MemberName = { readonly projectId: string; readonly userId: string };

export type ProjectUserStore = ReturnType<typeof createProjectUserStore>;

export function createProjectUserStore(db: Database, changes: Changes) {
  return {
    /** By id or by email; whoever is added is a user of the organization. */
    add: (
      by: Requester,
      projectId: string,
      { user, role }: { user: { id: string } | { email: string }; role: Role },
    ): Promise<ProjectUser> =>
      changes(by, async (change) => {
        await requireProject(change, projectId);
        requireProjectRank(by, projectId, { to: role });
        const { tx, organizationId, now } = change;
        const found = await tx.user.findFirst({ where: { ...user, organizationId, disabledAt: null } });
        if (!found) throw notFound('user');
        const name = { projectId, userId: found.id };
        if (await tx.projectMember.findUnique({ where: { projectId_userId: name } })) {
          throw new Fault('ALREADY_EXISTS', { message: 'The user belongs to the project already.' });
        }
        await tx.projectMember.create({ data: { ...name, role, createdAt: now } });
        change.record({ type: 'user.added', ...targetOf(name), before: null, after: { role } });
        change.outdates(`user:${found.id}`);
        return toProjectUser({ user: found, role, createdAt: now });
      }),

    /** Throws NOT_FOUND. */
    find: (name: MemberName): Promise<ProjectUser> => requireMember(db, name),

    list: (projectId: string, page: PageRequest): Promise<Page<ProjectUser>> =>
      readPage(page, {
        order: 'asc',
        placeOf: async (userId) => {
          const member = await db.projectMember.findUnique({ where: { projectId_userId: { projectId, userId } } });
          return member && { id: member.userId, createdAt: member.createdAt };
        },
        read: async ({ where, orderBy, take }) => {
          const rows = await db.projectMember.findMany({
            where: { projectId, user: { disabledAt: null }, ...byUserId(where) },
            orderBy: orderBy.map(({ id, ...order }) => (id ? { userId: id } : order)),
            take,
            include: { user: true },
          });
          return rows.map(toProjectUser);
        },
      }),

    setRole: (by: Requester, name: MemberName, role: Role): Promise<ProjectUser> =>
      changes(by, async (change) => {
        await requireProject(change, name.projectId);
        const before = await requireMember(change.tx, name);
        requireProjectRank(by, name.projectId, { of: before.role, to: role });
        await change.tx.projectMember.update({ where: { projectId_userId: name }, data: { role } });
        change.record({ type: 'user.updated', ...targetOf(name), before: { role: before.role }, after: { role } });
        change.outdates(`user:${name.userId}`);
        return { ...before, role };
      }),

    /** The keys that the user has in the project end with it. */
    remove: (by: Requester, name: MemberName): Promise<ProjectUser> =>
      changes(by, async (change) => {
        const { projectId, userId } = name;
        await requireProject(change, projectId);
        const member = await requireMember(change.tx, name);
        requireProjectRank(by, projectId, { of: member.role });
        await change.tx.projectMember.delete({ where: { projectId_userId: name } });
        change.record({ type: 'user.deleted', ...targetOf(name), before: { role: member.role }, after: null });
        await revokeKeys(change, await change.tx.apiKey.findMany({ where: { projectId, ownerId: userId, revokedAt: null } }));
        change.outdates(`user:${userId}`);
        return member;
      }),
  };
}

/** The route made sure that the project is one of the organization's. */
async function requireMember(db: Database | Change['tx'], name: MemberName): Promise<ProjectUser> {
  const row = await db.projectMember.findUnique({ where: { projectId_userId: name }, include: { user: true } });
  if (!row || row.user.disabledAt) throw notFound('user');
  return toProjectUser(row);
}

function requireProjectRank({ principal }: Requester, projectId: string, roles: { of?: Role; to?: Role }): void {
  requireRank(roleInProject(principal, projectId) ?? 'viewer', roles);
}

type MemberRow = {
  readonly user: { readonly id: string; readonly email: string; readonly name: string };
  readonly role: Role;
  readonly createdAt: Date;
};

function toProjectUser({ user: { id, email, name }, role, createdAt }: MemberRow): ProjectUser {
  return { id, email, name, role, createdAt };
}

/** The list goes by the user's id, which in this table has another name. */
function byUserId({ OR }: Slice['where']) {
  return OR ? { OR: OR.map(({ createdAt, id }) => (id === undefined ? { createdAt } : { createdAt, userId: id })) } : {};
}

function targetOf({ projectId, userId }: MemberName) {
  return { target: { kind: 'project_user', id: userId }, projectId } as const;
}
