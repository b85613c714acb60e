import { z } from 'zod';
import type { OrganizationRecord, OrganizationStore } from '../../../admin/organization-store.ts';
import { toUnixS } from '../../admin-list.ts';
import { adminRoute, type AdminRoute } from '../../admin-route.ts';
import { printable, timezone } from '../../admin-schema.ts';
import { fromLimits, limitsSchema, toLimitChange } from '../../limits-schema.ts';

const PATH = '/sluice/v1/organization';

const updateSchema = z.strictObject({ name: printable.optional(), timezone: timezone.optional(), limits: limitsSchema.optional() });

/** What holds for everybody together. */
export function organizationRoutes(organizations: OrganizationStore): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'get',
      path: PATH,
      permission: 'organization.read',
      handle: async ({ by }) => toObject(await organizations.find(by.principal.organizationId)),
    }),
    adminRoute({
      method: 'patch',
      path: PATH,
      permission: 'organization.write',
      body: updateSchema,
      handle: async ({ by, body: { limits, ...settings } }) =>
        toObject(await organizations.change(by, { ...settings, limits: limits && toLimitChange(limits) })),
    }),
  ];
}

function toObject({ id, name, timezone, limits, createdAt }: OrganizationRecord) {
  return { id, object: 'sluice.organization', name, timezone, limits: fromLimits(limits), created_at: toUnixS(createdAt) };
}
