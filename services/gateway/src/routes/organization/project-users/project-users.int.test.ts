import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BadRequestError, ConflictError, NotFoundError, PermissionDeniedError } from 'openai';
import { startAdminGateway, type AdminGateway } from '../../../test-support/admin-gateway.ts';
import { auditTrail } from '../../../test-support/audit-trail.ts';
import { collect } from '../../../test-support/collect.ts';

describe('client.admin.organization.projects.users', () => {
  let gateway: AdminGateway;
  beforeAll(async () => {
    gateway = await startAdminGateway();
  });
  afterAll(() => gateway.close());

  const users = () => gateway.owner.admin.projects.users;
  const inProject = () => ({ project_id: gateway.projectId });

  test('adds by id and by email, shows, changes, lists and removes, each with its line in the audit log', async () => {
    const { userId } = await gateway.admit('member');
    const { email } = await gateway.db.user.findUniqueOrThrow({ where: { id: userId } });
    const added = await users().create(gateway.projectId, { user_id: userId, role: 'member' });
    expect(added).toMatchObject({ id: userId, object: 'organization.project.user', email, role: 'member', added_at: expect.any(Number) });
    expect(await users().retrieve(userId, inProject())).toEqual(added);
    expect(await users().update(userId, { ...inProject(), role: 'owner' })).toEqual({ ...added, role: 'owner' });
    expect(await users().update(userId, { ...inProject(), role: null })).toEqual({ ...added, role: 'owner' });
    expect((await collect(users().list(gateway.projectId, { limit: 1 }))).map(({ id }) => id)).toEqual([gateway.owner.userId, userId]);
    expect(await users().delete(userId, inProject())).toEqual({ id: userId, deleted: true, object: 'organization.project.user.deleted' });
    await expect(users().retrieve(userId, inProject())).rejects.toBeInstanceOf(NotFoundError);
    expect((await users().create(gateway.projectId, { email: email.toUpperCase(), role: 'viewer' })).id).toBe(userId);
    expect((await auditTrail(gateway, userId)).map(({ type, before, after }) => ({ type, before, after }))).toEqual([
      { type: 'user.added', before: null, after: { role: 'member' } },
      { type: 'user.updated', before: { role: 'member' }, after: { role: 'owner' } },
      { type: 'user.deleted', before: { role: 'owner' }, after: null },
      { type: 'user.added', before: null, after: { role: 'viewer' } },
    ]);
  });

  test('ends the keys that somebody has in a project when they are taken out of it, and only those', async () => {
    const other = await gateway.owner.admin.projects.create({ name: 'Other' });
    const member = await gateway.admit('member', { projectRoles: { [gateway.projectId]: 'member', [other.id]: 'member' } });
    const make = async (projectId: string) => {
      const { value } = await member.sent('POST', `/v1/organization/projects/${projectId}/api_keys`, { name: 'x' });
      return String(value);
    };
    const [here, there] = [await make(gateway.projectId), await make(other.id)];
    expect([(await gateway.chat(here)).status, (await gateway.chat(there)).status]).toEqual([200, 200]);
    await users().delete(member.userId, inProject());
    expect([(await gateway.chat(here)).status, (await gateway.chat(there)).status]).toEqual([401, 200]);
    await expect(member.admin.projects.retrieve(gateway.projectId)).rejects.toBeInstanceOf(NotFoundError);
  });

  test('gives and takes rights at once', async () => {
    const member = await gateway.admit('member');
    const sees = () =>
      member.admin.projects.retrieve(gateway.projectId).then(
        () => true,
        () => false,
      );
    expect(await sees()).toBe(false);
    await users().create(gateway.projectId, { user_id: member.userId, role: 'viewer' });
    expect(await sees()).toBe(true);
    await users().delete(member.userId, inProject());
    expect(await sees()).toBe(false);
  });

  test('lets nobody rise above themselves, nor touch who is above them', async () => {
    const admin = await gateway.admit('member', { projectRoles: { [gateway.projectId]: 'admin' } });
    const member = await gateway.admit('member', { projectRoles: { [gateway.projectId]: 'member' } });
    const own = admin.admin.projects.users;
    await expect(own.update(member.userId, { ...inProject(), role: 'owner' })).rejects.toBeInstanceOf(PermissionDeniedError);
    await expect(own.update(gateway.owner.userId, { ...inProject(), role: 'member' })).rejects.toBeInstanceOf(PermissionDeniedError);
    await expect(own.delete(gateway.owner.userId, inProject())).rejects.toBeInstanceOf(PermissionDeniedError);
    expect(await own.update(member.userId, { ...inProject(), role: 'admin' })).toMatchObject({ role: 'admin' });
  });

  test('refuses by name: nobody, two at once, somebody again, somebody of another organization', async () => {
    const { owner: stranger } = await gateway.createOrganization();
    const add = (body: { user_id?: string; email?: string; role: string }) => users().create(gateway.projectId, body);
    await expect(add({ role: 'member' })).rejects.toMatchObject({ status: 400, param: 'user_id' });
    await expect(add({ role: 'member', user_id: 'user_x', email: 'a@example.com' })).rejects.toMatchObject({ status: 400, param: 'email' });
    await expect(add({ role: 'member', email: 'no email' })).rejects.toMatchObject({ status: 400, param: 'email' });
    await expect(add({ role: 'king', user_id: gateway.owner.userId })).rejects.toBeInstanceOf(BadRequestError);
    await expect(add({ role: 'member', user_id: gateway.owner.userId })).rejects.toBeInstanceOf(ConflictError);
    await expect(add({ role: 'member', user_id: stranger.userId })).rejects.toBeInstanceOf(NotFoundError);
  });
});
