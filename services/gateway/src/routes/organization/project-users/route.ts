import { Fault } from '@sluice/platform/fault';
import { z } from 'zod';
import type { ProjectUserStore } from '../../../admin/project-user-store.ts';
import { toList } from '../../admin-list.ts';
import { adminRoute, type AdminRoute } from '../../admin-route.ts';
import { email, id, pageQuery, role, toPageRequest } from '../../admin-schema.ts';
import { toProjectUserObject } from './respond.ts';

const USERS = '/v1/organization/projects/:project_id/users';
const USER = `${USERS}/:user_id` as const;

const addSchema = z.strictObject({ role, user_id: id.nullish(), email: email.nullish() });

export function projectUserRoutes(users: ProjectUserStore): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'get',
      path: USERS,
      permission: 'project.read',
      query: z.strictObject(pageQuery),
      handle: async ({ params, query }) => toList(await users.list(params.project_id, toPageRequest(query)), toProjectUserObject),
    }),
    adminRoute({
      method: 'post',
      path: USERS,
      permission: 'project.users.write',
      body: addSchema,
      handle: async ({ by, params, body }) =>
        toProjectUserObject(await users.add(by, params.project_id, { user: whichUser(body), role: body.role })),
    }),
    adminRoute({
      method: 'get',
      path: USER,
      permission: 'project.read',
      handle: async ({ params }) => toProjectUserObject(await users.find(toName(params))),
    }),
    adminRoute({
      method: 'post',
      path: USER,
      permission: 'project.users.write',
      body: z.strictObject({ role: role.nullish() }),
      handle: async ({ by, params, body }) => {
        const name = toName(params);
        return toProjectUserObject(body.role ? await users.setRole(by, name, body.role) : await users.find(name));
      },
    }),
    adminRoute({
      method: 'delete',
      path: USER,
      permission: 'project.users.write',
      handle: async ({ by, params }) => {
        const user = await users.remove(by, toName(params));
        return { object: 'organization.project.user.deleted', id: user.id, deleted: true };
      },
    }),
  ];
}

function whichUser({ user_id: userId, email }: z.infer<typeof addSchema>): { id: string } | { email: string } {
  if (userId && email) {
    throw new Fault('INVALID_VALUE', { message: "Setting 'user_id' and 'email' at the same time is not supported.", param: 'email' });
  }
  if (userId) return { id: userId };
  if (email) return { email };
  throw new Fault('MISSING_PARAMETER', { message: "Missing required parameter: 'user_id'.", param: 'user_id' });
}

function toName(params: Readonly<Record<'project_id' | 'user_id', string>>) {
  return { projectId: params.project_id, userId: params.user_id };
}
