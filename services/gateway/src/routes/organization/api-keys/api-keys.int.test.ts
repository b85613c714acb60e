import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { NotFoundError, PermissionDeniedError } from 'openai';
import { startAdminGateway, type AdminGateway } from '../../../test-support/admin-gateway.ts';
import { auditTrail } from '../../../test-support/audit-trail.ts';
import { collect } from '../../../test-support/collect.ts';
import { errorOf } from '../../../test-support/error-of.ts';

describe('client.admin.organization.projects.apiKeys', () => {
  let gateway: AdminGateway;
  let path: string;
  beforeAll(async () => {
    gateway = await startAdminGateway();
    path = `/v1/organization/projects/${gateway.projectId}/api_keys`;
  });
  afterAll(() => gateway.close());

  const keys = () => gateway.owner.admin.projects.apiKeys;
  const inProject = () => ({ project_id: gateway.projectId });
  const create = async (body: object, who = gateway.owner) =>
    (await who.sent('POST', path, body)) as { id: string; value: string; redacted_value: string };

  test('lists, shows, narrows and deletes a key that was made beside it, each with its line in the audit log', async () => {
    const { value, ...made } = await create({ name: 'laptop', scopes: ['models', 'chat.completions'], limits: { requests_per_minute: 5 } });
    expect(value).toMatch(/^sk-\w{12}-\w{46}$/);
    expect(made).toMatchObject({
      object: 'organization.project.api_key',
      name: 'laptop',
      owner: { type: 'user', user: { id: gateway.owner.userId, email: 'admin@localhost', role: 'owner' } },
      owner_project_access: 'active',
      expires_at: null,
      last_used_at: null,
      sluice: { scopes: ['models', 'chat.completions'], limits: { requests_per_minute: 5 }, requires_signature: false },
    });
    expect(value.startsWith(made.redacted_value.split('…')[0] ?? '?')).toBe(true);
    expect(await keys().retrieve(made.id, inProject())).toEqual(made);
    expect(await collect(keys().list(gateway.projectId))).toContainEqual(made);
    expect((await gateway.chat(value)).status).toBe(200);

    const changed = await keys().update(made.id, { ...inProject(), scopes: ['models'], expires_in_seconds: 60 });
    expect(changed).toMatchObject({ sluice: { scopes: ['models'] }, expires_at: expect.any(Number) });
    expect((await gateway.chat(value)).status).toBe(403);

    expect(await keys().delete(made.id, inProject())).toEqual({
      id: made.id,
      deleted: true,
      object: 'organization.project.api_key.deleted',
    });
    expect((await gateway.chat(value)).status).toBe(401);
    await expect(keys().retrieve(made.id, inProject())).rejects.toBeInstanceOf(NotFoundError);
    await expect(keys().delete(made.id, inProject())).rejects.toBeInstanceOf(NotFoundError);
    expect((await collect(keys().list(gateway.projectId))).map(({ id }) => id)).not.toContain(made.id);
    const trail = await auditTrail(gateway, made.id);
    expect(trail.map(({ type, before }) => ({ type, before }))).toEqual([
      { type: 'api_key.created', before: null },
      { type: 'api_key.updated', before: { scopes: ['models', 'chat.completions'], expires_at: null } },
      {
        type: 'api_key.deleted',
        before: expect.objectContaining({ name: 'laptop', scopes: ['models'], redacted_value: made.redacted_value }),
      },
    ]);
    expect(JSON.stringify(trail)).not.toContain(value.slice(16, -4));
  });

  test('makes keys for somebody else, and for the project itself', async () => {
    const member = await gateway.admit('member', { projectRoles: { [gateway.projectId]: 'member' } });
    expect(await create({ name: 'theirs', user_id: member.userId })).toMatchObject({
      owner: { user: { id: member.userId, role: 'member' } },
    });
    expect(await create({ name: 'ours', user_id: null })).toMatchObject({ owner: {}, owner_project_access: 'active' });
    const stranger = await gateway.admit('member');
    const refused = await errorOf(await gateway.owner.send('POST', path, { name: 'x', user_id: stranger.userId }));
    expect(refused).toMatchObject({ status: 400, code: 'invalid_value', param: 'user_id' });
  });

  test('lets a member have keys of their own, and touch no other', async () => {
    const member = await gateway.admit('member', { projectRoles: { [gateway.projectId]: 'member' } });
    const own = await create({ name: 'own' }, member);
    expect(own).toMatchObject({ owner: { user: { id: member.userId } } });
    expect((await gateway.chat(own.value)).status).toBe(200);
    const others = await create({ name: 'of the owner' });
    const { apiKeys } = member.admin.projects;
    await expect(apiKeys.delete(others.id, inProject())).rejects.toBeInstanceOf(PermissionDeniedError);
    await expect(apiKeys.update(others.id, { ...inProject(), scopes: [] })).rejects.toBeInstanceOf(PermissionDeniedError);
    expect((await member.send('POST', `/sluice/v1/api_keys/${others.id}/rotate`, {})).status).toBe(403);
    for (const userId of [gateway.owner.userId, null]) {
      expect(await errorOf(await member.send('POST', path, { name: 'x', user_id: userId }))).toMatchObject({
        status: 403,
        param: 'user_id',
      });
    }
    expect((await gateway.chat(others.value)).status).toBe(200);
    await apiKeys.delete(own.id, inProject());
    expect((await gateway.chat(own.value)).status).toBe(401);
  });

  test('tells whose owner may still use the project', async () => {
    const member = await gateway.admit('member', { projectRoles: { [gateway.projectId]: 'member' } });
    const { id } = await create({ name: 'leaving' }, member);
    const listed = async (access: 'active' | 'inactive' | 'any') =>
      (await collect(keys().list(gateway.projectId, { owner_project_access: access, limit: 100 }))).some((key) => key.id === id);
    expect([await listed('active'), await listed('inactive'), await listed('any')]).toEqual([true, false, true]);
    await gateway.owner.admin.users.delete(member.userId);
    expect([await listed('active'), await listed('inactive'), await listed('any')]).toEqual([false, true, true]);
    expect(await keys().retrieve(id, inProject())).toMatchObject({ owner_project_access: 'inactive' });
  });

  test('refuses by name what makes no sense', async () => {
    const refusal = async (body: object) => errorOf(await gateway.owner.send('POST', path, { name: 'x', ...body }));
    expect(await refusal({ scopes: ['api.all'] })).toMatchObject({ status: 400, code: 'invalid_value', param: 'scopes[0]' });
    expect(await refusal({ allowed_ips: ['10.0.0.0/8', 'localhost'] })).toMatchObject({ status: 400, param: 'allowed_ips[1]' });
    expect(await refusal({ limits: { requests_per_minute: 0 } })).toMatchObject({ status: 400, param: 'limits.requests_per_minute' });
    expect(await refusal({ limits: { rpm: 1 } })).toMatchObject({ code: 'unknown_parameter', param: 'limits.rpm' });
    expect(await refusal({ expires_in_seconds: 0 })).toMatchObject({ status: 400, param: 'expires_in_seconds' });
    expect(await refusal({ secret: 'mine' })).toMatchObject({ code: 'unknown_parameter', param: 'secret' });
  });

  test('refuses a limit that is looser than the one above it, of a key or of a project', async () => {
    const project = await gateway.owner.admin.projects.create({ name: 'Limited' });
    const set = (limits: object) => gateway.owner.send('PATCH', `/sluice/v1/projects/${project.id}`, { limits });
    const make = (limits: object) => gateway.owner.send('POST', `/v1/organization/projects/${project.id}/api_keys`, { name: 'x', limits });
    // The tier "free" allows 60 a minute.
    expect(await errorOf(await set({ requests_per_minute: 61 }))).toMatchObject({ status: 400, param: 'limits.requests_per_minute' });
    expect((await set({ requests_per_minute: 30 })).status).toBe(200);
    expect(await errorOf(await make({ requests_per_minute: 31 }))).toMatchObject({ status: 400, param: 'limits.requests_per_minute' });
    expect(await errorOf(await make({ requests_per_day: 5_001 }))).toMatchObject({ status: 400, param: 'limits.requests_per_day' });
    expect((await make({ requests_per_minute: 30, requests_per_day: 1, monthly_budget_usd: 0.5 })).status).toBe(200);
  });

  test('refuses a limit that is looser than the organization’s or its owner’s, of a key, a project or a model', async () => {
    const { id: projectId } = await gateway.owner.admin.projects.create({ name: 'Below' });
    const owned = await create({ name: 'owned', limits: { requests_per_minute: 60 } });
    const refused = async (method: string, at: string, body: object) => {
      const { status, message } = await errorOf(await gateway.owner.send(method, at, body));
      return `${status} ${message}`;
    };
    const tooLoose = (param: string, whose: string) =>
      `400 Invalid value for '${param}': it is looser than the ${whose}'s. Limits may only be stricter.`;

    await gateway.owner.sent('PATCH', '/sluice/v1/organization', { limits: { tokens_per_minute: 1_000 } });
    const limits = { tokens_per_minute: 1_001 };
    const ofOrganization = tooLoose('limits.tokens_per_minute', 'organization');
    expect(await refused('PATCH', `/sluice/v1/projects/${projectId}`, { limits })).toBe(ofOrganization);
    expect(await refused('POST', path, { name: 'x', limits })).toBe(ofOrganization);
    expect(await refused('PATCH', `/sluice/v1/api_keys/${owned.id}`, { limits })).toBe(ofOrganization);
    const rates = `/v1/organization/projects/${projectId}/rate_limits/rl-scripted`;
    expect(await refused('POST', rates, { max_tokens_per_1_minute: 1_001 })).toBe(tooLoose('max_tokens_per_1_minute', 'organization'));
    await gateway.owner.sent('PATCH', '/sluice/v1/organization', { limits: { tokens_per_minute: null } });

    const user = `/sluice/v1/users/${gateway.owner.userId}`;
    await gateway.owner.sent('PATCH', user, { limits: { requests_per_minute: 50 } });
    const ofUser = tooLoose('limits.requests_per_minute', 'user');
    expect(await refused('POST', path, { name: 'x', limits: { requests_per_minute: 51 } })).toBe(ofUser);
    expect(await refused('PATCH', `/sluice/v1/api_keys/${owned.id}`, { limits: { requests_per_minute: 51 } })).toBe(ofUser);
    // What was set before stays, and holds no more than what is above it; a key that is nobody's has no user above it.
    await gateway.owner.sent('PATCH', `/sluice/v1/api_keys/${owned.id}`, { limits: { requests_per_day: 9 } });
    await create({ name: 'nobody’s', user_id: null, limits: { requests_per_minute: 51 } });
    await gateway.owner.sent('PATCH', user, { limits: { requests_per_minute: null } });
  });

  test('finds no key of another project by the way of this one', async () => {
    const project = await gateway.owner.admin.projects.create({ name: 'Elsewhere' });
    const { id } = await create({ name: 'here' });
    await expect(keys().retrieve(id, { project_id: project.id })).rejects.toBeInstanceOf(NotFoundError);
    await expect(keys().delete(id, { project_id: project.id })).rejects.toBeInstanceOf(NotFoundError);
  });

  test('ends a key when its time is over', async () => {
    const { value, id } = await create({ name: 'short', expires_in_seconds: 3_600 });
    expect((await gateway.chat(value)).status).toBe(200);
    await gateway.owner.sent('PATCH', `/sluice/v1/api_keys/${id}`, { expires_at: 1_000 });
    expect((await gateway.chat(value)).status).toBe(401);
  });
});
