import { z } from 'zod';
import type { ProjectStore } from '../../../admin/project-store.ts';
import { toList } from '../../admin-list.ts';
import { adminRoute, type AdminRoute } from '../../admin-route.ts';
import { notHere, pageQuery, printable, tierId, toPageRequest } from '../../admin-schema.ts';
import { isOneOf } from '../../neutral-only.ts';
import { toProjectObject } from './respond.ts';

const createSchema = z.strictObject({
  name: printable,
  /** Ours: without it, a project is on the free tier. */
  tier: tierId.optional(),
  external_key_id: notHere(),
  geography: notHere(),
  residency: notHere(isOneOf('GLOBAL')),
});

const updateSchema = z.strictObject({ name: printable.nullish(), external_key_id: notHere(), geography: notHere() });

const listQuery = z.strictObject({ ...pageQuery, include_archived: z.boolean().default(false) });

export function projectRoutes(projects: ProjectStore): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'get',
      path: '/v1/organization/projects',
      permission: 'projects.list',
      query: listQuery,
      handle: async ({ by: { principal }, reach, query }) => {
        const memberId = reach === 'own' ? principal.userId : undefined;
        const filter = { includesArchived: query.include_archived, memberId };
        return toList(await projects.list(principal.organizationId, filter, toPageRequest(query)), toProjectObject);
      },
    }),
    adminRoute({
      method: 'post',
      path: '/v1/organization/projects',
      permission: 'projects.create',
      body: createSchema,
      handle: async ({ by, body: { name, tier } }) => toProjectObject(await projects.create(by, { name, tierId: tier })),
    }),
    adminRoute({
      method: 'get',
      path: '/v1/organization/projects/:project_id',
      permission: 'project.read',
      handle: async ({ by, params }) => toProjectObject(await projects.find(by.principal.organizationId, params.project_id)),
    }),
    adminRoute({
      method: 'post',
      path: '/v1/organization/projects/:project_id',
      permission: 'project.write',
      body: updateSchema,
      handle: async ({ by, params, body }) =>
        toProjectObject(await projects.change(by, params.project_id, { name: body.name ?? undefined })),
    }),
    adminRoute({
      method: 'post',
      path: '/v1/organization/projects/:project_id/archive',
      permission: 'project.archive',
      handle: async ({ by, params }) => toProjectObject(await projects.archive(by, params.project_id)),
    }),
  ];
}
