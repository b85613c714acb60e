import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { startAdminGateway, type AdminGateway } from '../../test-support/admin-gateway.ts';
import { createAdminRoutes, type AdminRoutesDeps } from '../admin-routes.ts';

const ADMIN = new URL('resources/admin/organization/', `file://${createRequire(import.meta.url).resolve('openai')}`);
const ROUTES = createAdminRoutes({} as AdminRoutesDeps);

type Member = { readonly name: string; readonly isRequired: boolean };

/** The own members of an interface, as the openai package declares it. */
function membersOf(file: string, interfaceName: string): readonly Member[] {
  const source = readFileSync(new URL(`${file}.d.ts`, ADMIN), 'utf8');
  const [, body] = new RegExp(`export interface ${interfaceName} (?:extends [^{]+)?\\{\n([\\s\\S]*?)\n\\}`).exec(source) ?? [];
  const members = [...(body ?? '').matchAll(/^ {4}'?([\w.]+)'?(\??):/gm)];
  return members.map(([, name, mark]) => ({ name: name ?? '', isRequired: mark === '' }));
}

describe('every parameter that the official client may send is known here: honoured, or refused by its own name', () => {
  const project = '/v1/organization/projects/:project_id';
  test.each([
    ['post /v1/organization/projects', 'projects/projects', 'ProjectCreateParams'],
    [`post ${project}`, 'projects/projects', 'ProjectUpdateParams'],
    ['get /v1/organization/projects', 'projects/projects', 'ProjectListParams'],
    [`post ${project}/api_keys/:api_key_id`, 'projects/api-keys', 'APIKeyUpdateParams'],
    [`get ${project}/api_keys`, 'projects/api-keys', 'APIKeyListParams'],
    [`post ${project}/service_accounts`, 'projects/service-accounts/service-accounts', 'ServiceAccountCreateParams'],
    [`post ${project}/service_accounts/:service_account_id`, 'projects/service-accounts/service-accounts', 'ServiceAccountUpdateParams'],
    [`post ${project}/service_accounts/:service_account_id/api_keys`, 'projects/service-accounts/api-keys', 'APIKeyCreateParams'],
    [`post ${project}/users`, 'projects/users/users', 'UserCreateParams'],
    [`post ${project}/users/:user_id`, 'projects/users/users', 'UserUpdateParams'],
    [`post ${project}/rate_limits/:rate_limit_id`, 'projects/rate-limits', 'RateLimitUpdateRateLimitParams'],
    [`get ${project}/rate_limits`, 'projects/rate-limits', 'RateLimitListRateLimitsParams'],
    [`post ${project}/model_permissions`, 'projects/model-permissions', 'ModelPermissionUpdateParams'],
    [`post ${project}/spend_limit`, 'projects/spend-limit', 'SpendLimitUpdateParams'],
    ['post /v1/organization/spend_limit', 'spend-limit', 'SpendLimitUpdateParams'],
    ['post /v1/organization/users/:user_id', 'users/users', 'UserUpdateParams'],
    ['get /v1/organization/users', 'users/users', 'UserListParams'],
    ['post /v1/organization/admin_api_keys', 'admin-api-keys', 'AdminAPIKeyCreateParams'],
    ['get /v1/organization/admin_api_keys', 'admin-api-keys', 'AdminAPIKeyListParams'],
    ['get /v1/organization/audit_logs', 'audit-logs', 'AuditLogListParams'],
  ])('%s', (route, file, interfaceName) => {
    const [method, path] = route.split(' ');
    const found = ROUTES.find((each) => each.method === method && each.path === path);
    const schema = method === 'get' ? found?.query : found?.body;
    const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
    const declared = membersOf(file, interfaceName).map(({ name }) => name);
    expect(declared.length).toBeGreaterThan(0);
    expect(declared.filter((name) => !known.includes(name) && !path?.includes(`:${name}`))).toEqual([]);
  });
});

describe('every field that the official client counts on is there', () => {
  let gateway: AdminGateway;
  beforeAll(async () => {
    gateway = await startAdminGateway();
  });
  afterAll(() => gateway.close());

  const expectFields = (file: string, interfaceName: string, answer: object): void => {
    const required = membersOf(file, interfaceName).filter(({ isRequired }) => isRequired);
    expect(required.length).toBeGreaterThan(0);
    expect({ interfaceName, missing: required.filter(({ name }) => !(name in answer)) }).toEqual({ interfaceName, missing: [] });
  };

  test('in all the objects that it declares', async () => {
    const { admin } = gateway.owner;
    const { projects } = admin;
    const inProject = { project_id: gateway.projectId };
    const limit = { currency: 'USD', interval: 'month', threshold_amount: 1 } as const;

    expectFields('projects/projects', 'Project', await projects.retrieve(gateway.projectId));
    const account = await projects.serviceAccounts.create(gateway.projectId, { name: 'x' });
    const accounts = 'projects/service-accounts/service-accounts';
    expectFields(accounts, 'ServiceAccountCreateResponse', account);
    expectFields(accounts, 'ProjectServiceAccount', await projects.serviceAccounts.retrieve(account.id, inProject));
    const key = await projects.serviceAccounts.apiKeys.create(account.id, inProject);
    expectFields('projects/service-accounts/api-keys', 'APIKeyCreateResponse', key);
    expectFields('projects/api-keys', 'ProjectAPIKey', await projects.apiKeys.retrieve(key.id, inProject));
    expectFields('projects/api-keys', 'APIKeyDeleteResponse', await projects.apiKeys.delete(key.id, inProject));
    expectFields(accounts, 'ServiceAccountDeleteResponse', await projects.serviceAccounts.delete(account.id, inProject));
    const [rateLimit] = (await projects.rateLimits.listRateLimits(gateway.projectId)).data;
    expectFields('projects/rate-limits', 'ProjectRateLimit', rateLimit ?? {});
    expectFields('projects/model-permissions', 'ProjectModelPermissions', await projects.modelPermissions.retrieve(gateway.projectId));
    expectFields('projects/model-permissions', 'ProjectModelPermissionsDeleted', await projects.modelPermissions.delete(gateway.projectId));
    expectFields('projects/spend-limit', 'ProjectSpendLimit', await projects.spendLimit.update(gateway.projectId, limit));
    expectFields('projects/spend-limit', 'ProjectSpendLimitDeleted', await projects.spendLimit.delete(gateway.projectId));

    expectFields('spend-limit', 'OrganizationSpendLimit', await admin.spendLimit.update(limit));
    expectFields('spend-limit', 'OrganizationSpendLimitDeleted', await admin.spendLimit.delete());
    const { userId } = await gateway.admit('member');
    expectFields(
      'projects/users/users',
      'ProjectUser',
      await projects.users.create(gateway.projectId, { user_id: userId, role: 'member' }),
    );
    expectFields('projects/users/users', 'UserDeleteResponse', await projects.users.delete(userId, inProject));
    expectFields('users/users', 'OrganizationUser', await admin.users.retrieve(userId));
    expectFields('users/users', 'UserDeleteResponse', await admin.users.delete(userId));
    const adminKey = await admin.adminAPIKeys.create({ name: 'x' });
    expectFields('admin-api-keys', 'AdminAPIKeyCreateResponse', adminKey);
    expectFields('admin-api-keys', 'AdminAPIKey', await admin.adminAPIKeys.retrieve(adminKey.id));
    expectFields('admin-api-keys', 'AdminAPIKeyDeleteResponse', await admin.adminAPIKeys.delete(adminKey.id));
    const [event] = (await admin.auditLogs.list()).data;
    expectFields('audit-logs', 'AuditLogListResponse', event ?? {});
  });
});
