import { z } from 'zod';
import type { UserRecord } from '../../../admin/user-store.ts';
import { toList, toUnixS } from '../../admin-list.ts';
import { adminRoute, type AdminRoute } from '../../admin-route.ts';
import { pageQuery, printable, role, toPageRequest } from '../../admin-schema.ts';
import { limitsSchema, toLimitChange } from '../../limits-schema.ts';
import { newPassword } from '../../new-password.ts';
import { toUserSettings } from '../../organization/users/respond.ts';
import type { UserRouteDeps } from '../../organization/users/route.ts';

const USERS = '/sluice/v1/users';
const USER = `${USERS}/:user_id` as const;
const ALL = { includesDisabled: true };

const updateSchema = z.strictObject({
  name: printable.optional(),
  role: role.optional(),
  limits: limitsSchema.optional(),
  /** Ends the user's sessions. */
  password: newPassword.optional(),
  /** False lets a disabled user in again. */
  disabled: z.boolean().optional(),
});

/** What OpenAI's users do not have, disabled ones among them. */
export function userSettingsRoutes({ users, hashPassword }: UserRouteDeps): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'get',
      path: USERS,
      permission: 'users.read',
      query: z.strictObject(pageQuery),
      handle: async ({ by, query }) =>
        toList(await users.list(by.principal.organizationId, { ...ALL, emails: undefined }, toPageRequest(query)), toObject),
    }),
    adminRoute({
      method: 'get',
      path: USER,
      permission: 'users.read',
      handle: async ({ by, params }) => toObject(await users.find(by.principal.organizationId, params.user_id, ALL)),
    }),
    adminRoute({
      method: 'patch',
      path: USER,
      permission: 'users.write',
      body: updateSchema,
      handle: async ({ by, params, body: { password, limits, disabled, ...plain } }) => {
        const change = {
          ...plain,
          limits: limits && toLimitChange(limits),
          passwordHash: password === undefined ? undefined : await hashPassword(password),
          isDisabled: disabled,
        };
        return toObject(await users.change(by, params.user_id, change, ALL));
      },
    }),
  ];
}

function toObject(user: UserRecord) {
  const { id, name, email, role, createdAt } = user;
  return { id, object: 'sluice.user', name, email, role, created_at: toUnixS(createdAt), ...toUserSettings(user) };
}
