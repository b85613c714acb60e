import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createId } from '@sluice/prisma/ids';
import { startAuthHarness, type AuthHarness } from '../../test-support/auth-harness.ts';
import { errorOf } from '../../test-support/error-of.ts';

let gateway: AuthHarness;
beforeAll(async () => {
  gateway = await startAuthHarness();
});
afterAll(() => gateway.close());

describe('GET /auth/me', () => {
  test('tells users who they are, with their roles in projects that are in use', async () => {
    const { id, email } = await gateway.addUser({ name: 'Anna', role: 'viewer' });
    await gateway.db.tier.create({ data: { id: 'me', name: 'me' } });
    const addProject = async (name: string, archivedAt: Date | null) => {
      const project = { id: createId('proj'), organizationId: gateway.organizationId, tierId: 'me', name, archivedAt };
      await gateway.db.project.create({ data: { ...project, members: { create: { userId: id, role: 'admin' } } } });
      return project.id;
    };
    const projectId = await addProject('One', null);
    await addProject('Two', new Date());
    const { access_token: token } = await gateway.logIn(email);
    const response = await gateway.get('/auth/me', token);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toEqual({
      object: 'user',
      id,
      email,
      name: 'Anna',
      role: 'viewer',
      projects: [{ id: projectId, name: 'One', role: 'admin' }],
    });
  });

  test('refuses a user who was disabled within a second', async () => {
    const { id, email } = await gateway.addUser();
    const { access_token: token } = await gateway.logIn(email);
    expect((await gateway.get('/auth/me', token)).status).toBe(200);
    await gateway.db.user.update({ where: { id }, data: { disabledAt: new Date() } });
    gateway.clock.advance(1_000);
    expect(await errorOf(await gateway.get('/auth/me', token))).toMatchObject({ status: 401, code: 'invalid_token' });
  });

  test('refuses a user who was deleted', async () => {
    const { id, email } = await gateway.addUser();
    const { access_token: token } = await gateway.logIn(email);
    await gateway.db.user.delete({ where: { id } });
    expect((await gateway.get('/auth/me', token)).status).toBe(401);
  });

  test('refuses an access token after ten minutes', async () => {
    const { email } = await gateway.addUser();
    const { access_token: token } = await gateway.logIn(email);
    gateway.clock.advance(606_000);
    expect((await gateway.get('/auth/me', token)).status).toBe(401);
  });

  test('refuses whoever shows nothing, an API key, or a token in another form', async () => {
    const ask = (headers: Record<string, string>) => fetch(`${gateway.url}/auth/me`, { headers });
    expect(await errorOf(await ask({}))).toMatchObject({ status: 401, code: null });
    expect((await ask({ authorization: 'Basic YTpi' })).status).toBe(401);
    expect((await ask({ authorization: 'Bearer' })).status).toBe(401);
    expect(await errorOf(await ask({ authorization: 'Bearer sk-000000000000-abc' }))).toMatchObject({ status: 401, code: 'invalid_token' });
    expect((await fetch(`${gateway.url}/auth/me?access_token=x`)).status).toBe(401);
  });
});

describe('an access token', () => {
  test('administers with the role that its user has at the moment, and as long as they may', async () => {
    const { id, email } = await gateway.addUser({ role: 'owner' });
    const { access_token: token } = await gateway.logIn(email);
    const change = async (data: { role: 'member' } | { disabledAt: Date }): Promise<void> => {
      await gateway.db.user.update({ where: { id }, data });
      gateway.clock.advance(1_000);
    };
    const statusOf = async (path: string): Promise<number> => (await gateway.get(path, token)).status;
    expect(await statusOf('/v1/organization/users')).toBe(200);
    await change({ role: 'member' });
    expect(await statusOf('/v1/organization/users')).toBe(403);
    expect(await statusOf('/v1/organization/projects')).toBe(200);
    await change({ disabledAt: new Date() });
    expect(await statusOf('/v1/organization/projects')).toBe(401);
  });
});
