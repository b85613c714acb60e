import { Fault } from '@sluice/platform/fault';
import { z } from 'zod';
import type { ServiceAccountStore } from '../../../admin/service-account-store.ts';
import { toList } from '../../admin-list.ts';
import { adminRoute, type AdminRoute } from '../../admin-route.ts';
import { lifetimeS, pageQuery, printable, scopes, toPageRequest } from '../../admin-schema.ts';
import { toAccountKeyObject, toServiceAccountObject } from './respond.ts';

const ACCOUNTS = '/v1/organization/projects/:project_id/service_accounts';
const ACCOUNT = `${ACCOUNTS}/:service_account_id` as const;
/** OpenAI's name for a key that got none. */
const KEY_NAME = 'Secret Key';

const createSchema = z.strictObject({
  name: printable,
  create_service_account_only: z.boolean().nullish(),
  expires_in_seconds: lifetimeS.nullish(),
});
const updateSchema = z.strictObject({ name: printable.optional(), role: z.enum(['owner', 'member']).optional() });
const createKeySchema = z.strictObject({
  name: printable.default(KEY_NAME),
  scopes: scopes.default([]),
  expires_in_seconds: lifetimeS.nullish(),
});

export function serviceAccountRoutes(accounts: ServiceAccountStore): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'get',
      path: ACCOUNTS,
      permission: 'project.read',
      query: z.strictObject(pageQuery),
      handle: async ({ params, query }) => toList(await accounts.list(params.project_id, toPageRequest(query)), toServiceAccountObject),
    }),
    adminRoute({
      method: 'post',
      path: ACCOUNTS,
      permission: 'project.accounts.write',
      body: createSchema,
      handle: async ({ by, params, body }) => {
        const { account, key } = await accounts.create(by, params.project_id, toNewAccount(body));
        return { ...toServiceAccountObject(account), api_key: key && toAccountKeyObject(key) };
      },
    }),
    adminRoute({
      method: 'get',
      path: ACCOUNT,
      permission: 'project.read',
      handle: async ({ params }) => toServiceAccountObject(await accounts.find(toName(params))),
    }),
    adminRoute({
      method: 'post',
      path: ACCOUNT,
      permission: 'project.accounts.write',
      body: updateSchema,
      handle: async ({ by, params, body }) => toServiceAccountObject(await accounts.change(by, toName(params), body)),
    }),
    adminRoute({
      method: 'delete',
      path: ACCOUNT,
      permission: 'project.accounts.write',
      handle: async ({ by, params }) => {
        const { id } = await accounts.delete(by, toName(params));
        return { object: 'organization.project.service_account.deleted', id, deleted: true };
      },
    }),
    adminRoute({
      method: 'post',
      path: `${ACCOUNT}/api_keys`,
      permission: 'project.accounts.write',
      body: createKeySchema,
      handle: async ({ by, params, body: { name, scopes, expires_in_seconds: seconds } }) =>
        toAccountKeyObject(await accounts.createKey(by, toName(params), { name, scopes, lifetimeMs: toMs(seconds) })),
    }),
  ];
}

function toNewAccount({ name, create_service_account_only: hasNoKey, expires_in_seconds: seconds }: z.infer<typeof createSchema>) {
  if (!hasNoKey) return { name, role: 'member', key: { name: KEY_NAME, scopes: [], lifetimeMs: toMs(seconds) } } as const;
  if (toMs(seconds) === undefined) return { name, role: 'viewer', key: undefined } as const;
  throw new Fault('INVALID_VALUE', {
    message: "Invalid value for 'expires_in_seconds': without a key there is nothing that could expire.",
    param: 'expires_in_seconds',
  });
}

function toMs(seconds: number | null | undefined): number | undefined {
  return seconds === null || seconds === undefined ? undefined : seconds * 1_000;
}

function toName(params: Readonly<Record<'project_id' | 'service_account_id', string>>) {
  return { projectId: params.project_id, id: params.service_account_id };
}
