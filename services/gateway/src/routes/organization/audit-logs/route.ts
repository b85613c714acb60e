import { z } from 'zod';
import type { AuditFilter, AuditStore } from '../../../admin/audit-store.ts';
import { toList } from '../../admin-list.ts';
import { adminRoute, type AdminRoute } from '../../admin-route.ts';
import { email, id, listOf, notHere, pageQuery, toPageRequest, unixS } from '../../admin-schema.ts';
import { isOneOf } from '../../neutral-only.ts';
import { toAuditLogObject } from './respond.ts';

const listQuery = z.strictObject({
  ...pageQuery,
  effective_at: z.strictObject({ gt: unixS.optional(), gte: unixS.optional(), lt: unixS.optional(), lte: unixS.optional() }).optional(),
  project_ids: listOf(id).optional(),
  event_types: listOf(id).optional(),
  actor_ids: listOf(id).optional(),
  actor_emails: listOf(email).optional(),
  resource_ids: listOf(id).optional(),
  tenant_only: notHere(isOneOf('false')),
});

export function auditLogRoutes(audit: AuditStore): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'get',
      path: '/v1/organization/audit_logs',
      permission: 'audit_logs.read',
      query: listQuery,
      handle: async ({ by, query }) =>
        toList(await audit.list(by.principal.organizationId, toFilter(query), toPageRequest(query)), toAuditLogObject),
    }),
  ];
}

function toFilter(query: z.infer<typeof listQuery>): AuditFilter {
  const { gt, gte, lt, lte } = query.effective_at ?? {};
  return {
    // A second is all of it: what happened within the 5th is greater than the 4th and less than the 6th.
    startsAt: toDate(Math.max(gte ?? -1, gt === undefined ? -1 : gt + 1)),
    endsAt: toDate(Math.min(lt ?? Infinity, lte === undefined ? Infinity : lte + 1)),
    projectIds: query.project_ids,
    types: query.event_types,
    actorIds: query.actor_ids,
    actorEmails: query.actor_emails,
    targetIds: query.resource_ids,
  };
}

function toDate(unixS: number): Date | undefined {
  return unixS < 0 || unixS === Infinity ? undefined : new Date(unixS * 1_000);
}
