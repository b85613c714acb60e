import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startAdminGateway, type AdminGateway } from '../../../test-support/admin-gateway.ts';
import { auditTrail } from '../../../test-support/audit-trail.ts';

describe('client.admin.organization.projects.modelPermissions', () => {
  let gateway: AdminGateway;
  beforeAll(async () => {
    gateway = await startAdminGateway();
  });
  afterAll(() => gateway.close());

  const permissions = () => gateway.owner.admin.projects.modelPermissions;

  test('shows, sets and lifts the models that a project may use', async () => {
    const { id } = await gateway.owner.admin.projects.create({ name: 'Narrow' });
    const everything = { object: 'project.model_permissions', mode: 'deny_list', model_ids: [] };
    expect(await permissions().retrieve(id)).toEqual(everything);
    const narrowed = { object: 'project.model_permissions', mode: 'allow_list', model_ids: ['alpha', 'beta'] };
    expect(await permissions().update(id, { mode: 'allow_list', model_ids: ['alpha', 'beta'] })).toEqual(narrowed);
    expect(await permissions().retrieve(id)).toEqual(narrowed);
    expect(await permissions().delete(id)).toEqual({ object: 'project.model_permissions.deleted', deleted: true });
    expect(await permissions().retrieve(id)).toEqual(everything);
    const [, narrowing, lifting] = await auditTrail(gateway, id);
    expect([narrowing, lifting]).toMatchObject([
      { type: 'project.updated', before: { allowed_models: [] }, after: { allowed_models: ['alpha', 'beta'] } },
      { type: 'project.updated', before: { allowed_models: ['alpha', 'beta'] }, after: { allowed_models: [] } },
    ]);
  });

  test('holds for the keys of the project', async () => {
    const { id } = await gateway.owner.admin.projects.create({ name: 'Other model' });
    await permissions().update(id, { mode: 'allow_list', model_ids: ['another'] });
    const { api_key: key } = await gateway.owner.admin.projects.serviceAccounts.create(id, { name: 'x' });
    expect((await gateway.chat(key?.value ?? '')).status).toBe(403);
  });

  test('refuses by name what it cannot hold', async () => {
    const set = (mode: 'allow_list' | 'deny_list', models: string[]) =>
      permissions().update(gateway.projectId, { mode, model_ids: models });
    await expect(set('deny_list', ['alpha'])).rejects.toMatchObject({ status: 400, code: 'unsupported_value', param: 'mode' });
    await expect(set('allow_list', [])).rejects.toMatchObject({ status: 400, code: 'empty_array', param: 'model_ids' });
    await expect(set('allow_list', [''])).rejects.toMatchObject({ status: 400, param: 'model_ids[0]' });
    expect(await set('deny_list', [])).toMatchObject({ model_ids: [] });
  });
});
