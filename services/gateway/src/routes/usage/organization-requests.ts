import { Fault } from '@sluice/platform/fault';
import { RequestOutcome } from '@sluice/prisma/generated/enums';
import { z } from 'zod';
import type { ContentReadStore } from '../../admin/content-read-store.ts';
import { notFound } from '../../admin/not-found.ts';
import { isAbove, roleInProject } from '../../admin/permissions.ts';
import type { Principal } from '../../auth/principal.ts';
import { INTEGER } from '../../http/validate.ts';
import { readHistoryPage } from '../../usage/history-pages.ts';
import type { ReadGate } from '../../usage/read-gate.ts';
import type { RequestHistoryStore } from '../../usage/request-history-store.ts';
import { adminRoute, type AdminRoute } from '../admin-route.ts';
import { boundedArray } from '../bounded-array.ts';
import { checkInterval, groupList, idList, refuse } from './bucket-query.ts';
import { historyQuery, toInterval } from './history-query.ts';
import { toAdminRequestObject, toRequestPage } from './request-object.ts';
import { visibleTo } from './visible-to.ts';

/** A prompt may have megabytes. */
const WITH_CONTENT_MAX = 10;
const STATUSES_MAX = 20;

const query = z
  .strictObject({
    ...historyQuery,
    project_ids: idList,
    user_ids: idList,
    api_key_ids: idList,
    outcomes: groupList(...Object.values(RequestOutcome)),
    status_codes: boundedArray(z.int().min(100, INTEGER).max(599, INTEGER), { max: STATUSES_MAX, of: 'integers' }).optional(),
    include: groupList('content'),
  })
  .superRefine((query, ctx) => {
    checkInterval(query, ctx);
    if (query.include.length === 0) return;
    const { limit, project_ids: projectIds = [] } = query;
    if (projectIds.length !== 1) refuse(ctx, 'project_ids', ONE_PROJECT);
    if (limit > WITH_CONTENT_MAX)
      refuse(ctx, 'limit', { code: 'INTEGER_ABOVE_MAX_VALUE', message: `${TOO_MANY} but got ${limit} instead.` });
  });

const ONE_PROJECT = {
  code: 'INVALID_VALUE',
  message: "Invalid value for '%s': content is told of exactly one project at a time.",
} as const;
const TOO_MANY = `Invalid '%s': integer above maximum value. Expected a value <= ${WITH_CONTENT_MAX} with content,`;

type OrganizationRequestsDeps = {
  readonly history: RequestHistoryStore;
  readonly contentReads: ContentReadStore;
  readonly gate: ReadGate;
};

/** `GET /sluice/v1/requests`: the history of the organization's requests, newest first. Content is told of once the audit log has who reads it. */
export function organizationRequestsRoute({ history, contentReads, gate }: OrganizationRequestsDeps): AdminRoute {
  return adminRoute({
    method: 'get',
    path: '/sluice/v1/requests',
    permission: 'usage.read',
    query,
    handle: async ({ by, reach, query }) => {
      const { project_ids: projectIds, user_ids: userIds, api_key_ids: apiKeyIds, models, endpoints, status_codes: statusCodes } = query;
      const contentOf = query.include.includes('content') ? projectIds?.[0] : undefined;
      if (contentOf !== undefined) requireContentRight(by.principal, contentOf);
      const question = {
        visible: visibleTo(by.principal, reach),
        filters: {
          projectIds,
          userIds,
          apiKeyIds,
          models,
          endpoints,
          statusCodes,
          outcomes: query.outcomes.length > 0 ? query.outcomes : undefined,
        },
        ...toInterval(query),
      };
      return gate.run(by.principal.id, async () => {
        const page = await readHistoryPage(history, question, query);
        const contents = contentOf === undefined ? undefined : await history.contentOf(contentOf, page.rows);
        if (contentOf !== undefined && contents) await contentReads.note(by, { projectId: contentOf, requestIds: [...contents.keys()] });
        return toRequestPage(page, (row) => toAdminRequestObject(row, contents && (contents.get(row.requestId) ?? null)));
      });
    },
  });
}

/** Prompts and answers are for the owners and admins of a project alone. */
function requireContentRight(principal: Principal, projectId: string): void {
  const role = roleInProject(principal, projectId);
  if (role === undefined) throw notFound('project');
  if (isAbove(role, 'member')) return;
  throw new Fault('INSUFFICIENT_PERMISSIONS', {
    message: 'You have insufficient permissions for this operation. Only owners and admins of a project may read its content.',
  });
}
