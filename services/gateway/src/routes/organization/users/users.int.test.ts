import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { generateApiKey } from '@sluice/platform/api-key';
import { verifyPassword } from '@sluice/platform/password';
import { createId } from '@sluice/prisma/ids';
import { PEPPER } from '@sluice/testing/pepper';
import { ConflictError, NotFoundError, PermissionDeniedError } from 'openai';
import { startAdminGateway, type AdminGateway } from '../../../test-support/admin-gateway.ts';
import { auditTrail } from '../../../test-support/audit-trail.ts';
import { collect } from '../../../test-support/collect.ts';
import { errorOf } from '../../../test-support/error-of.ts';

const PASSWORD = 'correct horse battery staple';

describe('client.admin.organization.users', () => {
  let gateway: AdminGateway;
  beforeAll(async () => {
    gateway = await startAdminGateway();
  });
  afterAll(() => gateway.close());

  const users = () => gateway.owner.admin.users;
  const create = async (body: object) => (await gateway.owner.sent('POST', '/v1/organization/users', body)) as { id: string };

  test('adds one, with a password that is nowhere in the answer or the audit log, shows, changes, lists and disables them', async () => {
    const added = await create({ email: 'Ada@Example.com', name: 'Ada', role: 'viewer', password: PASSWORD });
    expect(added).toMatchObject({
      id: expect.stringMatching(/^user_/),
      object: 'organization.user',
      email: 'ada@example.com',
      name: 'Ada',
      role: 'viewer',
      sluice: { has_password: true, disabled_at: null },
    });
    const { passwordHash } = await gateway.db.user.findUniqueOrThrow({ where: { id: added.id } });
    expect(await verifyPassword(PASSWORD, { stored: passwordHash ?? '', pepper: PEPPER })).toMatchObject({ isMatch: true });
    expect(await users().retrieve(added.id)).toEqual(added);
    expect(await users().update(added.id, { role: 'admin' })).toMatchObject({ id: added.id, role: 'admin' });
    expect((await collect(users().list({ emails: ['ADA@example.com'] }))).map(({ id }) => id)).toEqual([added.id]);
    expect(await users().delete(added.id)).toEqual({ id: added.id, deleted: true, object: 'organization.user.deleted' });
    await expect(users().retrieve(added.id)).rejects.toBeInstanceOf(NotFoundError);
    expect((await collect(users().list({ limit: 1 }))).map(({ id }) => id)).not.toContain(added.id);
    const trail = await auditTrail(gateway, added.id);
    expect(trail.map(({ type, before, after }) => ({ type, before, after }))).toEqual([
      {
        type: 'user.added',
        before: null,
        after: expect.objectContaining({ email: 'ada@example.com', role: 'viewer', has_password: true }),
      },
      { type: 'user.updated', before: { role: 'viewer' }, after: { role: 'admin' } },
      { type: 'user.deleted', before: { disabled_at: null }, after: { disabled_at: expect.any(String) } },
    ]);
    expect(JSON.stringify([trail, gateway.harness.logLines])).not.toMatch(/correct horse|scrypt/);
  });

  test('tells when a key of each was used last', async () => {
    const [busy, idle] = [await gateway.admit('member'), await gateway.admit('member')];
    const usedAt = (s: number) => new Date((1_700_000_000 + s) * 1_000);
    const uses: readonly (readonly [ownerId: string | null, lastUsedAt: Date | null])[] = [
      [busy.userId, usedAt(1)],
      [busy.userId, usedAt(2)],
      [busy.userId, null],
      [idle.userId, null],
      [null, usedAt(3)],
    ];
    const key = { projectId: gateway.projectId, name: 'x', secretHash: '0'.repeat(64), redactedValue: '' };
    for (const [ownerId, lastUsedAt] of uses) {
      const ids = { id: createId('key'), publicId: generateApiKey().publicId };
      await gateway.db.apiKey.create({ data: { ...key, ...ids, ownerId, lastUsedAt } });
    }
    const listed = new Map((await collect(users().list({ limit: 100 }))).map((user) => [user.id, user.api_key_last_used_at]));
    expect([listed.get(busy.userId), listed.get(idle.userId)]).toEqual([1_700_000_002, null]);
    expect(await users().retrieve(busy.userId)).toMatchObject({ api_key_last_used_at: 1_700_000_002 });
  });

  test('ends sessions and keys of whoever is disabled, and lets them in again when told to', async () => {
    const member = await gateway.admit('member', { projectRoles: { [gateway.projectId]: 'member' } });
    const { value } = await member.sent('POST', `/v1/organization/projects/${gateway.projectId}/api_keys`, { name: 'x' });
    const id = createId('session');
    // The root of a session, which stands for all of it.
    const token = { id, familyId: id.replace('session', 'family'), userId: member.userId, secretHash: '0'.repeat(64) };
    await gateway.db.refreshToken.create({ data: { ...token, expiresAt: new Date(Date.now() + 60_000) } });
    await users().delete(member.userId);
    expect((await member.get('/v1/organization/projects')).status).toBe(401);
    expect((await gateway.db.refreshToken.findUniqueOrThrow({ where: { id: token.id } })).revokedAt).not.toBeNull();
    const snapshot = await gateway.db.apiKey.findFirstOrThrow({ where: { ownerId: member.userId }, include: { owner: true } });
    expect(snapshot.owner?.disabledAt).not.toBeNull();
    expect(String(value)).toContain(snapshot.publicId);
    expect(await gateway.owner.sent('PATCH', `/sluice/v1/users/${member.userId}`, { disabled: false })).toMatchObject({
      disabled_at: null,
    });
    expect((await member.get('/v1/organization/projects')).status).toBe(200);
  });

  test('takes rights away at once, and with them the keys of projects that somebody does not belong to', async () => {
    const admin = await gateway.admit('admin');
    const other = await gateway.owner.admin.projects.create({ name: 'Joined' });
    await gateway.owner.admin.projects.users.create(other.id, { user_id: admin.userId, role: 'member' });
    const make = async (projectId: string) =>
      String((await admin.sent('POST', `/v1/organization/projects/${projectId}/api_keys`, { name: 'x' }))['value']);
    const [strange, joined] = [await make(gateway.projectId), await make(other.id)];
    await users().update(admin.userId, { role: 'member' });
    expect((await admin.get('/v1/organization/users')).status).toBe(403);
    expect([(await gateway.chat(strange)).status, (await gateway.chat(joined)).status]).toEqual([401, 200]);
  });

  test('lets nobody rise above themselves, nor touch who is above them', async () => {
    const admin = await gateway.admit('admin');
    const member = await gateway.admit('member');
    const own = admin.admin.users;
    await expect(own.update(member.userId, { role: 'owner' })).rejects.toBeInstanceOf(PermissionDeniedError);
    await expect(own.update(admin.userId, { role: 'owner' })).rejects.toBeInstanceOf(PermissionDeniedError);
    await expect(own.update(gateway.owner.userId, { role: 'member' })).rejects.toBeInstanceOf(PermissionDeniedError);
    await expect(own.delete(gateway.owner.userId)).rejects.toBeInstanceOf(PermissionDeniedError);
    expect((await admin.send('PATCH', `/sluice/v1/users/${gateway.owner.userId}`, { password: PASSWORD })).status).toBe(403);
    expect((await admin.send('POST', '/v1/organization/users', { email: 'x@example.com', name: 'x', role: 'owner' })).status).toBe(403);
    expect(await own.update(member.userId, { role: 'admin' })).toMatchObject({ role: 'admin' });
  });

  test('keeps the last owner, also when the last two disable each other at once', async () => {
    const { id: organizationId, owner } = await gateway.createOrganization();
    await expect(owner.admin.users.delete(owner.userId)).rejects.toBeInstanceOf(ConflictError);
    await expect(owner.admin.users.update(owner.userId, { role: 'admin' })).rejects.toBeInstanceOf(ConflictError);
    const second = await gateway.admit('owner', { organizationId });
    await Promise.allSettled([owner.admin.users.delete(second.userId), second.admin.users.delete(owner.userId)]);
    expect(await gateway.db.user.count({ where: { organizationId, role: 'owner', disabledAt: null } })).toBe(1);
  });

  test('changes name, limits and password under our own address', async () => {
    const { id } = await create({ email: 'grace@example.com', name: 'Grace' });
    const changed = await gateway.owner.sent('PATCH', `/sluice/v1/users/${id}`, {
      name: 'Grace H.',
      limits: { monthly_budget_usd: 5.25, requests_per_day: 100 },
      password: PASSWORD,
    });
    expect(changed).toMatchObject({
      object: 'sluice.user',
      name: 'Grace H.',
      role: 'member',
      has_password: true,
      limits: { monthly_budget_usd: 5.25, requests_per_day: 100, requests_per_minute: null },
    });
    await gateway.owner.sent('PATCH', `/sluice/v1/users/${id}`, { limits: { requests_per_day: null } });
    expect((await gateway.db.user.findUniqueOrThrow({ where: { id } })).limits).toEqual({ monthlyBudgetNanoUsd: 5_250_000_000 });
    const [, change] = await auditTrail(gateway, id);
    expect(change?.after).toMatchObject({ password: 'set', limits: { monthly_budget_nano_usd: 5_250_000_000 } });
    expect(await gateway.owner.sent('GET', `/sluice/v1/users/${id}`)).toMatchObject({ limits: { requests_per_day: null } });
    expect((await gateway.owner.sent('GET', '/sluice/v1/users?limit=100'))['data']).toContainEqual(expect.objectContaining({ id }));
  });

  test('refuses by name: an email that is taken, whoever has it, a weak password, a role that does not exist', async () => {
    const post = async (body: object) => errorOf(await gateway.owner.send('POST', '/v1/organization/users', { name: 'x', ...body }));
    const { owner: stranger } = await gateway.createOrganization();
    const { email: foreign } = await gateway.db.user.findUniqueOrThrow({ where: { id: stranger.userId } });
    for (const email of ['ADMIN@localhost.example', 'taken@example.com']) await create({ email, name: 'x' });
    expect(await post({ email: 'Taken@example.com' })).toMatchObject({ status: 409, code: 'already_exists', param: 'email' });
    expect(await post({ email: foreign })).toMatchObject({ status: 409, code: 'already_exists', param: 'email' });
    expect(await post({ email: 'not an email' })).toMatchObject({ status: 400, param: 'email' });
    expect(await post({ email: 'w@example.com', role: 'reader' })).toMatchObject({ status: 400, code: 'invalid_value' });
    const weak = await post({ email: 'w@example.com', password: 'Password1234' });
    expect(weak).toMatchObject({ status: 400, code: 'invalid_value', param: 'password' });
    expect(weak.message).not.toContain('Password1234');
    await expect(users().update(gateway.owner.userId, { technical_level: 'high' })).rejects.toMatchObject({ param: 'technical_level' });
    await expect(users().retrieve(stranger.userId)).rejects.toBeInstanceOf(NotFoundError);
    await expect(users().delete(stranger.userId)).rejects.toBeInstanceOf(NotFoundError);
  });

  test('makes one of two users that are added at once with the same email', async () => {
    const body = { email: 'race@example.com', name: 'x' };
    const answers = await Promise.all(Array.from({ length: 5 }, () => gateway.owner.send('POST', '/v1/organization/users', body)));
    expect(answers.map(({ status }) => String(status)).toSorted()).toEqual(['200', '409', '409', '409', '409']);
  });
});
