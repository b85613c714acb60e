import type { Database } from '@sluice/prisma/client';
import type { Organization } from '@sluice/prisma/generated/client';
import { limitsSchema, type Limits } from '@sluice/prisma/limits';
import type { Changes, Transaction } from './change-store.ts';
import { applyLimits, type LimitChange } from './limit-bounds.ts';
import { notFound } from './not-found.ts';
import type { Requester } from './requester.ts';
import { withoutUndefined } from './without-undefined.ts';

export type OrganizationRecord = Omit<Organization, 'limits'> & { readonly limits: Limits };

/** What is absent stays as it is. */
export type OrganizationChange = {
  readonly name?: string | undefined;
  readonly timezone?: string | undefined;
  readonly limits?: LimitChange | undefined;
};

export type OrganizationStore = ReturnType<typeof createOrganizationStore>;

export function createOrganizationStore(db: Database, changes: Changes) {
  return {
    find: (id: string): Promise<OrganizationRecord> => requireOrganization(db, id),

    change: (by: Requester, { limits, ...wanted }: OrganizationChange): Promise<OrganizationRecord> =>
      changes(by, async ({ tx, organizationId: id, record, outdates }) => {
        const before = await requireOrganization(tx, id);
        const data = withoutUndefined({ ...wanted, limits: limits && applyLimits(before.limits, limits) });
        await tx.organization.update({ where: { id }, data });
        const after = await requireOrganization(tx, id);
        const target = { kind: 'organization', id } as const;
        if (record({ type: 'organization.updated', target, before: factsOf(before), after: factsOf(after) })) outdates(`org:${id}`);
        return after;
      }),
  };
}

async function requireOrganization(db: Database | Transaction, id: string): Promise<OrganizationRecord> {
  const row = await db.organization.findUnique({ where: { id } });
  if (!row) throw notFound('organization');
  return { ...row, limits: limitsSchema.parse(row.limits) };
}

function factsOf({ name, timezone, limits }: OrganizationRecord) {
  return { name, timezone, limits };
}
