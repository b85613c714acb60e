import { z } from 'zod';
import type { UserRecord, UserStore } from '../../../admin/user-store.ts';
import { toList } from '../../admin-list.ts';
import { adminRoute, type AdminRoute } from '../../admin-route.ts';
import { email, listOf, notHere, pageQuery, printable, role, toPageRequest } from '../../admin-schema.ts';
import { newPassword, type HashPassword } from '../../new-password.ts';
import { toUserObject } from './respond.ts';

export type UserRouteDeps = { readonly users: UserStore; readonly hashPassword: HashPassword };

const listQuery = z.strictObject({ ...pageQuery, emails: listOf(email).optional() });
/** Ours: nobody is invited by mail. */
const createSchema = z.strictObject({ email, name: printable, role: role.default('member'), password: newPassword.nullish() });
const updateSchema = z.strictObject({
  role: role.nullish(),
  role_id: notHere(),
  developer_persona: notHere(),
  technical_level: notHere(),
});

const ACTIVE = { includesDisabled: false };

export function userRoutes({ users, hashPassword }: UserRouteDeps): readonly AdminRoute[] {
  const show = async (user: UserRecord) => toUserObject(user, (await users.lastKeyUses([user.id])).get(user.id));
  return [
    adminRoute({
      method: 'get',
      path: '/v1/organization/users',
      permission: 'users.read',
      query: listQuery,
      handle: async ({ by, query }) => {
        const page = await users.list(by.principal.organizationId, { ...ACTIVE, emails: query.emails }, toPageRequest(query));
        const uses = await users.lastKeyUses(page.items.map(({ id }) => id));
        return toList(page, (user) => toUserObject(user, uses.get(user.id)));
      },
    }),
    adminRoute({
      method: 'post',
      path: '/v1/organization/users',
      permission: 'users.write',
      body: createSchema,
      handle: async ({ by, body: { password, ...user } }) =>
        toUserObject(await users.create(by, { ...user, passwordHash: password ? await hashPassword(password) : null }), undefined),
    }),
    adminRoute({
      method: 'get',
      path: '/v1/organization/users/:user_id',
      permission: 'users.read',
      handle: async ({ by, params }) => show(await users.find(by.principal.organizationId, params.user_id, ACTIVE)),
    }),
    adminRoute({
      method: 'post',
      path: '/v1/organization/users/:user_id',
      permission: 'users.write',
      body: updateSchema,
      handle: async ({ by, params, body }) => show(await users.change(by, params.user_id, { role: body.role ?? undefined }, ACTIVE)),
    }),
    adminRoute({
      method: 'delete',
      path: '/v1/organization/users/:user_id',
      permission: 'users.write',
      handle: async ({ by, params }) => {
        const { id } = await users.change(by, params.user_id, { isDisabled: true }, ACTIVE);
        return { object: 'organization.user.deleted', id, deleted: true };
      },
    }),
  ];
}
