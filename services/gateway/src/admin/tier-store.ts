import { Fault } from '@sluice/platform/fault';
import type { Database } from '@sluice/prisma/client';
import type { Tier } from '@sluice/prisma/generated/client';
import { endpointLimitsSchema, type EndpointLimits } from '@sluice/prisma/limits';
import type { Facts } from './audit-entry.ts';
import type { Change, Changes } from './change-store.ts';
import { requireHomeOrganization } from './home-organization-store.ts';
import { notFound } from './not-found.ts';
import { readPage, type Page, type PageRequest } from './page.ts';
import type { Requester } from './requester.ts';
import { isDuplicate, isReferenced } from '../store-fault.ts';
import { withoutUndefined } from './without-undefined.ts';

export type TierRecord = Omit<Tier, 'endpointLimits'> & { readonly endpointLimits: EndpointLimits };
type Settings = Omit<TierRecord, 'id' | 'createdAt' | 'updatedAt'>;
/** What is absent stays as it is, or gets its default. */
export type TierChange = { readonly [Name in keyof Settings]?: Settings[Name] | undefined };

export type TierStore = ReturnType<typeof createTierStore>;

export function createTierStore(db: Database, changes: Changes) {
  return {
    create: async (by: Requester, id: string, { name, ...settings }: TierChange & { name: string }): Promise<TierRecord> => {
      try {
        return await changes(by, async (change) => {
          await requireHomeOrganization(change);
          const tier = toRecord(await change.tx.tier.create({ data: { id, name, ...withoutUndefined(settings) } }));
          change.record({ type: 'tier.created', ...targetOf(id), before: null, after: factsOf(tier) });
          return tier;
        });
      } catch (error) {
        if (!isDuplicate(error)) throw error;
        throw new Fault('ALREADY_EXISTS', { message: 'A tier of this id exists already.', param: 'id', cause: error });
      }
    },

    /** Throws NOT_FOUND. */
    find: (id: string): Promise<TierRecord> => requireTier(db, id),

    list: (page: PageRequest): Promise<Page<TierRecord>> =>
      readPage(page, {
        order: 'asc',
        placeOf: (id) => db.tier.findUnique({ where: { id } }),
        read: async (slice) => (await db.tier.findMany(slice)).map(toRecord),
      }),

    change: (by: Requester, id: string, wanted: TierChange): Promise<TierRecord> =>
      changes(by, async (change) => {
        await requireHomeOrganization(change);
        // Changes of other organizations' projects do not wait for this one's, but those of this tier and moves of projects to it do.
        await change.tx.$queryRaw`SELECT id FROM tiers WHERE id = ${id} FOR NO KEY UPDATE`;
        const before = await requireTier(change.tx, id);
        const after = toRecord(await change.tx.tier.update({ where: { id }, data: withoutUndefined(wanted) }));
        if (change.record({ type: 'tier.updated', ...targetOf(id), before: factsOf(before), after: factsOf(after) })) {
          await outdateProjects(change, id);
        }
        return after;
      }),

    /** Throws CONFLICT while a project has it. */
    delete: async (by: Requester, id: string): Promise<void> => {
      try {
        await changes(by, async (change) => {
          await requireHomeOrganization(change);
          const before = await requireTier(change.tx, id);
          await change.tx.tier.delete({ where: { id } });
          change.record({ type: 'tier.deleted', ...targetOf(id), before: factsOf(before), after: null });
        });
      } catch (error) {
        if (!isReferenced(error)) throw error;
        const message = 'The tier is in use: projects have it, archived ones among them perhaps. Give them another first.';
        throw new Fault('CONFLICT', { message, cause: error });
      }
    },
  };
}

async function requireTier(db: Database | Change['tx'], id: string): Promise<TierRecord> {
  const row = await db.tier.findUnique({ where: { id } });
  if (!row) throw notFound('tier');
  return toRecord(row);
}

async function outdateProjects(change: Change, tierId: string): Promise<void> {
  const affected = await change.tx.project.findMany({ where: { tierId }, distinct: ['organizationId'], select: { organizationId: true } });
  change.outdates(...affected.map(({ organizationId }) => `org:${organizationId}`));
}

function toRecord({ endpointLimits, ...tier }: Tier): TierRecord {
  return { ...tier, endpointLimits: endpointLimitsSchema.parse(endpointLimits) };
}

function factsOf(tier: TierRecord): Facts {
  return Object.fromEntries(Object.entries(tier).filter(([name]) => !NOT_SETTINGS.has(name)));
}

const NOT_SETTINGS: ReadonlySet<string> = new Set(['id', 'createdAt', 'updatedAt'] satisfies (keyof TierRecord)[]);

function targetOf(id: string) {
  return { target: { kind: 'tier', id } } as const;
}
