import { Fault } from '@sluice/platform/fault';
import type { Database } from '@sluice/prisma/client';
import type { Project, Tier } from '@sluice/prisma/generated/client';
import { createId } from '@sluice/prisma/ids';
import { limitsSchema, type Limits } from '@sluice/prisma/limits';
import type { Facts } from './audit-entry.ts';
import type { Changes, Transaction } from './change-store.ts';
import { applyLimits, requireStricter, type LimitChange, type LimitParams } from './limit-bounds.ts';
import { notFound } from './not-found.ts';
import { readPage, type Page, type PageRequest } from './page.ts';
import type { Requester } from './requester.ts';
import { boundsAbove, requireProject } from './project-find-store.ts';
import { withoutUndefined } from './without-undefined.ts';

export type ProjectRecord = Omit<Project, 'limits' | 'organizationId'> & { readonly limits: Limits };

/** What an administrator sets; what is absent stays as it is. */
export type ProjectChange = {
  readonly name?: string | undefined;
  readonly tierId?: string | undefined;
  readonly limits?: LimitChange | undefined;
  readonly allowedModels?: readonly string[] | undefined;
  readonly storesContent?: boolean | undefined;
};

type ProjectFilter = {
  readonly includesArchived: boolean;
  /** Only this user's; undefined means all of the organization. */
  readonly memberId: string | undefined;
};

export type ProjectStore = ReturnType<typeof createProjectStore>;

/** The tier of a project that names none. */
const TIER_DEFAULT = 'free';

export function createProjectStore(db: Database, changes: Changes) {
  return {
    create: (by: Requester, { name, tierId }: { name: string; tierId: string | undefined }): Promise<ProjectRecord> =>
      changes(by, async ({ tx, organizationId, record }) => {
        await requireFreeName(tx, organizationId, name);
        const tier = await requireTier(tx, tierId ?? TIER_DEFAULT);
        const project = toRecord(await tx.project.create({ data: { id: createId('proj'), organizationId, name, tierId: tier.id } }));
        record({ type: 'project.created', ...targetOf(project.id), before: null, after: factsOf(project) });
        return project;
      }),

    /** Throws NOT_FOUND. */
    find: async (organizationId: string, id: string): Promise<ProjectRecord> => {
      const row = await db.project.findFirst({ where: { id, organizationId } });
      if (!row) throw notFound('project');
      return toRecord(row);
    },

    list: async (organizationId: string, filter: ProjectFilter, page: PageRequest): Promise<Page<ProjectRecord>> => {
      const visible = { organizationId, ...(filter.memberId === undefined ? {} : { members: { some: { userId: filter.memberId } } }) };
      const listed = filter.includesArchived ? visible : { ...visible, archivedAt: null };
      return readPage(page, {
        order: 'asc',
        placeOf: (id) => db.project.findFirst({ where: { ...visible, id } }),
        read: async (slice) => (await db.project.findMany({ ...slice, where: { ...listed, ...slice.where } })).map(toRecord),
      });
    },

    /** `params` are the names that a refused limit has in the request. */
    change: (
      by: Requester,
      id: string,
      { allowedModels, limits, ...wanted }: ProjectChange,
      params?: LimitParams,
    ): Promise<ProjectRecord> =>
      changes(by, async (change) => {
        const found = await requireProject(change, id);
        const before = toRecord(found);
        const { tx, organizationId } = change;
        if (wanted.name !== undefined && wanted.name !== before.name) await requireFreeName(tx, organizationId, wanted.name);
        const tier = wanted.tierId === undefined ? found.tier : await requireTier(tx, wanted.tierId);
        if (limits) requireStricter(limits, boundsAbove({ ...found, tier }), params);
        const data = withoutUndefined({
          ...wanted,
          limits: limits && applyLimits(before.limits, limits),
          allowedModels: allowedModels && [...allowedModels],
        });
        const after = toRecord(await tx.project.update({ where: { id }, data }));
        if (change.record({ type: 'project.updated', ...targetOf(id), before: factsOf(before), after: factsOf(after) })) {
          change.outdates(`project:${id}`);
        }
        return after;
      }),

    archive: (by: Requester, id: string): Promise<ProjectRecord> =>
      changes(by, async (change) => {
        const before = toRecord(await requireProject(change, id));
        const after = toRecord(await change.tx.project.update({ where: { id }, data: { archivedAt: change.now } }));
        change.record({ type: 'project.archived', ...targetOf(id), before: factsOf(before), after: factsOf(after) });
        change.outdates(`project:${id}`);
        return after;
      }),
  };
}

async function requireFreeName(tx: Transaction, organizationId: string, name: string): Promise<void> {
  const holder = await tx.project.findUnique({ where: { organizationId_name: { organizationId, name } } });
  if (!holder) return;
  const message = `A project of this name exists already${holder.archivedAt ? ', archived' : ''}.`;
  throw new Fault('ALREADY_EXISTS', { message, param: 'name' });
}

/** Whoever changes the tier waits until this is done, or it sees the change: either way the gateways hear of the project's new limits. */
async function requireTier(tx: Transaction, id: string): Promise<Tier> {
  await tx.$queryRaw`SELECT id FROM tiers WHERE id = ${id} FOR SHARE`;
  const tier = await tx.tier.findUnique({ where: { id } });
  if (tier) return tier;
  throw new Fault('INVALID_VALUE', { message: "Invalid value for 'tier': there is no such tier.", param: 'tier' });
}

function toRecord(row: Project): ProjectRecord {
  const { id, name, tierId, limits, allowedModels, storesContent, createdAt, archivedAt } = row;
  return { id, name, tierId, limits: limitsSchema.parse(limits), allowedModels, storesContent, createdAt, archivedAt };
}

function factsOf({ name, tierId, limits, allowedModels, storesContent, archivedAt }: ProjectRecord): Facts {
  return { name, tierId, limits, allowedModels, storesContent, archivedAt };
}

function targetOf(id: string) {
  return { target: { kind: 'project', id }, projectId: id } as const;
}
