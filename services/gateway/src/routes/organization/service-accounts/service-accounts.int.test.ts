import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BadRequestError, NotFoundError } from 'openai';
import { startAdminGateway, type AdminGateway } from '../../../test-support/admin-gateway.ts';
import { auditTrail } from '../../../test-support/audit-trail.ts';
import { collect } from '../../../test-support/collect.ts';

describe('client.admin.organization.projects.serviceAccounts', () => {
  let gateway: AdminGateway;
  beforeAll(async () => {
    gateway = await startAdminGateway();
  });
  afterAll(() => gateway.close());

  const accounts = () => gateway.owner.admin.projects.serviceAccounts;
  const inProject = () => ({ project_id: gateway.projectId });

  test('makes an account with a key that works, shows, changes, lists and deletes it', async () => {
    const { api_key: key, ...made } = await accounts().create(gateway.projectId, { name: 'indexer' });
    expect(made).toMatchObject({ object: 'organization.project.service_account', name: 'indexer', role: 'member' });
    expect(key).toMatchObject({ object: 'organization.project.service_account.api_key', name: 'Secret Key', expires_at: null });
    expect((await gateway.chat(key?.value ?? '')).status).toBe(200);
    expect(await accounts().retrieve(made.id, inProject())).toEqual(made);
    const changed = await accounts().update(made.id, { ...inProject(), name: 'crawler', role: 'owner' });
    expect(changed).toEqual({ ...made, name: 'crawler', role: 'owner' });
    expect(await collect(accounts().list(gateway.projectId))).toEqual([changed]);
    expect(await accounts().delete(made.id, inProject())).toEqual({
      id: made.id,
      deleted: true,
      object: 'organization.project.service_account.deleted',
    });
    expect((await gateway.chat(key?.value ?? '')).status).toBe(401);
    await expect(accounts().retrieve(made.id, inProject())).rejects.toBeInstanceOf(NotFoundError);
    expect(await collect(accounts().list(gateway.projectId))).toEqual([]);
    expect((await auditTrail(gateway, made.id)).map(({ type, before, after }) => ({ type, before, after }))).toEqual([
      { type: 'service_account.created', before: null, after: { name: 'indexer', role: 'member' } },
      { type: 'service_account.updated', before: { name: 'indexer', role: 'member' }, after: { name: 'crawler', role: 'owner' } },
      { type: 'service_account.deleted', before: { name: 'crawler', role: 'owner' }, after: null },
    ]);
    expect((await auditTrail(gateway, key?.id ?? '')).map(({ type }) => type)).toEqual(['api_key.created', 'api_key.deleted']);
  });

  test('makes an account without a key, and keys for it later, with scopes and an end', async () => {
    const { api_key: none, ...account } = await accounts().create(gateway.projectId, { name: 'bare', create_service_account_only: true });
    expect(none).toBeNull();
    expect(account).toMatchObject({ role: 'none' });
    const key = await accounts().apiKeys.create(account.id, { ...inProject(), name: 'night', scopes: ['models'], expires_in_seconds: 60 });
    expect(key).toMatchObject({ object: 'organization.project.service_account.api_key', name: 'night' });
    expect((key.expires_at ?? 0) - key.created_at).toBe(60);
    expect((await gateway.chat(key.value)).status).toBe(403);
    const listed = await gateway.owner.admin.projects.apiKeys.retrieve(key.id, inProject());
    expect(listed.owner).toMatchObject({ type: 'service_account', service_account: { id: account.id, name: 'bare', role: 'none' } });
    // Deleting its key leaves the account.
    await gateway.owner.admin.projects.apiKeys.delete(key.id, inProject());
    expect(await accounts().retrieve(account.id, inProject())).toEqual(account);
  });

  test('refuses an end where there is no key that could end', async () => {
    const body = { name: 'x', create_service_account_only: true, expires_in_seconds: 60 };
    await expect(accounts().create(gateway.projectId, body)).rejects.toMatchObject({ status: 400, param: 'expires_in_seconds' });
    await expect(accounts().create(gateway.projectId, { name: '' })).rejects.toBeInstanceOf(BadRequestError);
  });

  test('finds no account of another project', async () => {
    const project = await gateway.owner.admin.projects.create({ name: 'Elsewhere' });
    const { id } = await accounts().create(gateway.projectId, { name: 'here' });
    const elsewhere = { project_id: project.id };
    await expect(accounts().retrieve(id, elsewhere)).rejects.toBeInstanceOf(NotFoundError);
    await expect(accounts().update(id, { ...elsewhere, name: 'x' })).rejects.toBeInstanceOf(NotFoundError);
    await expect(accounts().delete(id, elsewhere)).rejects.toBeInstanceOf(NotFoundError);
    await expect(accounts().apiKeys.create(id, elsewhere)).rejects.toBeInstanceOf(NotFoundError);
  });
});
