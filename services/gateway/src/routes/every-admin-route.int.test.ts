import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Role } from '@sluice/prisma/generated/enums';
import { PERMISSIONS, type Permission, type Reach } from '../admin/permissions.ts';
import type { AdminClient } from '../test-support/admin-client.ts';
import { startAdminGateway, type AdminGateway } from '../test-support/admin-gateway.ts';
import type { AdminRoute } from './admin-route.ts';
import { createAdminRoutes, type AdminRoutesDeps } from './admin-routes.ts';
import { createUsageRoutes, type UsageStores } from './usage/create-usage-routes.ts';

const ROLES: readonly Role[] = ['owner', 'admin', 'member', 'viewer'];

/** Declaring them touches nothing of what they need. */
const ROUTES: readonly AdminRoute[] = [
  ...createAdminRoutes({} as AdminRoutesDeps),
  ...createUsageRoutes({} as UsageStores, { now: () => new Date(), monotonicMs: () => 0 }).filter((route) => route.access === 'admin'),
];

type Grants = Partial<Record<Role, Reach>>;
type Grant = { readonly organization: Grants; readonly project?: Grants };
const grantOf = (permission: Permission): Grant => PERMISSIONS[permission];

/** Whoever is let in hears what is wrong with the request, before anything happens. */
const outcomeOf = async (client: AdminClient, { method, path }: AdminRoute, at: { projectId: string; keyId: string }) => {
  const url = path
    .replace(':project_id', at.projectId)
    .replace(':api_key_id', at.keyId)
    .replaceAll(/[:*]\w+/g, 'x');
  const response = await client.send(method.toUpperCase(), `${url}?walk=1`, method === 'get' || method === 'delete' ? undefined : '{');
  await response.text();
  return { 400: 'allowed', 403: 'forbidden', 404: 'missing' }[response.status] ?? response.status;
};

describe('every route of administration', () => {
  let gateway: AdminGateway;
  let keyId: string;
  beforeAll(async () => {
    gateway = await startAdminGateway();
    keyId = (await gateway.db.apiKey.findFirstOrThrow()).id;
  });
  afterAll(() => gateway.close());

  test('is one of at least sixty, and no two are the same', () => {
    expect(ROUTES.length).toBeGreaterThanOrEqual(60);
    expect(new Set(ROUTES.map(({ method, path }) => `${method} ${path}`)).size).toBe(ROUTES.length);
  });

  test('names a permission of the table, and one about projects where its path names a project or a key', () => {
    for (const { path, permission } of ROUTES) {
      const isAboutProject = path.includes(':project_id') || path.includes(':api_key_id');
      expect({ path, permission, isAboutProject }).toEqual({ path, permission, isAboutProject: 'project' in PERMISSIONS[permission] });
    }
  });

  test.each(ROLES)('lets in whom the table names, by the role in the organization: %s', async (role) => {
    const client = await gateway.admit(role);
    for (const route of ROUTES) {
      const { organization, project } = grantOf(route.permission);
      const seesProjects = role === 'owner' || role === 'admin';
      const expected = organization[role] ? 'allowed' : project && !seesProjects ? 'missing' : 'forbidden';
      const outcome = await outcomeOf(client, route, { projectId: gateway.projectId, keyId });
      expect({ route: `${route.method} ${route.path}`, outcome }).toEqual({ route: `${route.method} ${route.path}`, outcome: expected });
    }
  });

  test.each(ROLES)('lets in whom the table names, by the role in the project: %s', async (role) => {
    const client = await gateway.admit('viewer', { projectRoles: { [gateway.projectId]: role } });
    for (const route of ROUTES) {
      const { organization, project } = grantOf(route.permission);
      const expected = organization.viewer || project?.[role] ? 'allowed' : 'forbidden';
      const outcome = await outcomeOf(client, route, { projectId: gateway.projectId, keyId });
      expect({ route: `${route.method} ${route.path}`, outcome }).toEqual({ route: `${route.method} ${route.path}`, outcome: expected });
    }
  });

  test('shows an owner nothing of another organization', async () => {
    const { owner } = await gateway.createOrganization();
    for (const route of ROUTES.filter(({ permission }) => grantOf(permission).project)) {
      const outcome = await outcomeOf(owner, route, { projectId: gateway.projectId, keyId });
      expect({ route: `${route.method} ${route.path}`, outcome }).toEqual({ route: `${route.method} ${route.path}`, outcome: 'missing' });
    }
  });

  test('answers 401 without a key and 403 to a key that calls models', async () => {
    for (const { method, path } of ROUTES) {
      const url = `${gateway.url}${path.replaceAll(/[:*]\w+/g, 'x')}`;
      const none = await fetch(url, { method: method.toUpperCase() });
      const ordinary = await fetch(url, { method: method.toUpperCase(), headers: { authorization: `Bearer ${gateway.apiKey}` } });
      expect({ path, statuses: [none.status, ordinary.status] }).toEqual({ path, statuses: [401, 403] });
      expect(await ordinary.json()).toMatchObject({ error: { code: 'insufficient_permissions' } });
    }
  });

  test('is answered only where it is declared: a path of administration that no table knows does not exist', async () => {
    for (const path of ['/v1/organization', '/v1/organization/groups', '/sluice/v1', '/sluice/v1/nothing']) {
      expect((await gateway.owner.get(path)).status).toBe(404);
    }
  });
});
