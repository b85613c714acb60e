import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { until } from '@sluice/testing/until';
import { NotFoundError, PermissionDeniedError } from 'openai';
import { useAdminKey } from '../../../test-support/admin-client.ts';
import { startAdminGateway, type AdminGateway } from '../../../test-support/admin-gateway.ts';
import { auditTrail } from '../../../test-support/audit-trail.ts';
import { errorOf } from '../../../test-support/error-of.ts';
import { collect } from '../../../test-support/collect.ts';

describe('client.admin.organization.adminAPIKeys', () => {
  let gateway: AdminGateway;
  beforeAll(async () => {
    gateway = await startAdminGateway();
  });
  afterAll(() => gateway.close());

  const keys = () => gateway.owner.admin.adminAPIKeys;
  const withKey = (adminKey: string) => useAdminKey({ url: gateway.url, userId: '', adminKey });

  test('makes a key that administers, shows, lists and deletes it, and then it administers nothing', async () => {
    const { value, ...made } = await keys().create({ name: 'ci', expires_in_seconds: 3_600 });
    expect(value).toMatch(/^sk-admin-\w{12}-\w{46}$/);
    expect(made).toMatchObject({
      object: 'organization.admin_api_key',
      name: 'ci',
      redacted_value: expect.stringMatching(/^sk-admin-\w{12}-…\w{4}$/),
      expires_at: made.created_at + 3_600,
      last_used_at: null,
      owner: { type: 'user', object: 'organization.user', id: gateway.owner.userId, role: 'owner' },
    });
    expect(await keys().retrieve(made.id)).toEqual(made);
    expect(await collect(withKey(value).admin.projects.list())).toHaveLength(1);
    await until(async () => (await keys().retrieve(made.id)).last_used_at !== null);
    expect((await collect(keys().list({ limit: 1 }))).map(({ id }) => id)).toContain(made.id);
    expect(await keys().delete(made.id)).toEqual({ id: made.id, deleted: true, object: 'organization.admin_api_key.deleted' });
    expect((await withKey(value).get('/v1/organization/projects')).status).toBe(401);
    await expect(keys().retrieve(made.id)).rejects.toBeInstanceOf(NotFoundError);
    const trail = await auditTrail(gateway, made.id);
    expect(trail.map(({ type }) => type)).toEqual(['admin_api_key.created', 'admin_api_key.deleted']);
    expect(JSON.stringify(trail)).not.toContain(value.slice(22, -4));
  });

  test('makes none that ends after the one it is made with, unless whoever asks logs in', async () => {
    const { value, expires_at: end } = await keys().create({ name: 'ending', expires_in_seconds: 3_600 });
    const ending = withKey(value);
    for (const wanted of [{}, { expires_in_seconds: 3_700 }]) {
      const refused = await ending.send('POST', '/v1/organization/admin_api_keys', { name: 'lasting', ...wanted });
      expect(await errorOf(refused)).toMatchObject({ status: 400, code: 'invalid_value', param: 'expires_in_seconds' });
    }
    const made = await ending.admin.adminAPIKeys.create({ name: 'shorter', expires_in_seconds: 60 });
    expect(made.expires_at).toBeLessThanOrEqual(end ?? 0);
    expect(await gateway.db.adminApiKey.count({ where: { name: 'lasting' } })).toBe(0);
  });

  test('lists either way round', async () => {
    for (const name of ['a', 'b']) await keys().create({ name });
    const up = (await collect(keys().list({ order: 'asc', limit: 1, after: null }))).map(({ id }) => id);
    const down = (await collect(keys().list({ order: 'desc', limit: 1 }))).map(({ id }) => id);
    expect(up.length).toBeGreaterThanOrEqual(3);
    expect(down).toEqual(up.toReversed());
  });

  test('lets an admin delete their own, and none of an owner', async () => {
    const admin = await gateway.admit('admin');
    const own = await admin.admin.adminAPIKeys.create({ name: 'own' });
    expect(own.owner).toMatchObject({ id: admin.userId, role: 'admin' });
    const owners = await keys().create({ name: 'of the owner' });
    await expect(admin.admin.adminAPIKeys.delete(owners.id)).rejects.toBeInstanceOf(PermissionDeniedError);
    expect((await withKey(owners.value).get('/v1/organization/projects')).status).toBe(200);
    expect(await admin.admin.adminAPIKeys.delete(own.id)).toMatchObject({ deleted: true });
    await keys().delete((await admin.admin.adminAPIKeys.create({ name: 'another' })).id);
  });

  test('finds no key of another organization', async () => {
    const { owner: stranger } = await gateway.createOrganization();
    const foreign = await stranger.admin.adminAPIKeys.create({ name: 'foreign' });
    await expect(keys().retrieve(foreign.id)).rejects.toBeInstanceOf(NotFoundError);
    await expect(keys().delete(foreign.id)).rejects.toBeInstanceOf(NotFoundError);
    expect((await collect(keys().list({ limit: 100 }))).map(({ id }) => id)).not.toContain(foreign.id);
  });
});
