import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createId } from '@sluice/prisma/ids';
import type { AuditLogListParams } from 'openai/resources/admin/organization/audit-logs';
import type { AdminClient } from '../../../test-support/admin-client.ts';
import { startAdminGateway, type AdminGateway } from '../../../test-support/admin-gateway.ts';
import { keyIdOf } from '../../../test-support/audit-trail.ts';
import { collect } from '../../../test-support/collect.ts';
import { errorOf } from '../../../test-support/error-of.ts';

const AT_S = 1_700_000_000;

describe('client.admin.organization.auditLogs', () => {
  let gateway: AdminGateway;
  let admin: AdminClient;
  let project: { id: string };
  let userId: string;
  beforeAll(async () => {
    gateway = await startAdminGateway();
    admin = await gateway.admit('admin');
    project = await admin.admin.projects.create({ name: 'Watched' });
    await gateway.owner.admin.projects.update(project.id, { name: 'Seen' });
    await gateway.owner.admin.projects.serviceAccounts.create(project.id, { name: 'worker' });
    // A login, and what the server itself did, as other parts write them down.
    userId = createId('user');
    await gateway.db.user.create({ data: { id: userId, organizationId: gateway.organizationId, email: 'ada@example.com', name: 'Ada' } });
    const row = { organizationId: gateway.organizationId, targetKind: 'user', targetId: userId };
    await gateway.db.auditLog.createMany({
      data: [
        {
          ...row,
          id: 'audit_login',
          type: 'login.succeeded',
          actorKind: 'user',
          actorId: userId,
          actorLabel: 'ada@example.com',
          ipAddress: '203.0.113.9',
          createdAt: new Date(AT_S * 1_000 + 500),
        },
        {
          ...row,
          id: 'audit_system',
          type: 'user.updated',
          actorKind: 'system',
          actorLabel: 'seed',
          after: { name: 'Ada' },
          createdAt: new Date((AT_S + 5) * 1_000),
        },
      ],
    });
  });
  afterAll(() => gateway.close());

  const list = (query: AuditLogListParams = {}) => collect(gateway.owner.admin.auditLogs.list({ limit: 2, ...query }));
  const types = async (query: AuditLogListParams) => (await list(query)).map(({ type }) => type);

  test('lists the newest first, each event once, in the shapes of OpenAI, with before and after beside them', async () => {
    const events = await list();
    expect(events.map(({ type }) => type).slice(-2)).toEqual(['user.updated', 'login.succeeded']);
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    const times = events.map(({ effective_at: at }) => at);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    const renamed = events.find(({ type }) => type === 'project.updated');
    expect(renamed).toMatchObject({
      object: 'organization.audit_log',
      actor: {
        type: 'api_key',
        api_key: { type: 'user', id: await keyIdOf(gateway, gateway.owner), user: { id: gateway.owner.userId, email: 'admin@localhost' } },
      },
      project: { id: project.id, name: 'Seen' },
      'project.updated': { id: project.id, changes_requested: { name: 'Seen', title: 'Seen' } },
      sluice: {
        actor: expect.stringMatching(/^sk-admin-\w{12}-…/),
        target: { kind: 'project', id: project.id },
        before: { name: 'Watched' },
        after: { name: 'Seen' },
        ip_address: '127.0.0.1',
        user_agent: expect.stringContaining('OpenAI/JS'),
        request_id: expect.stringMatching(/^req_/),
      },
    });
    expect(events.find(({ type }) => type === 'project.created')).toMatchObject({
      'project.created': { id: project.id, data: { name: 'Watched', tier_id: 'free' } },
    });
    const login = events.find(({ id }) => id === 'audit_login');
    expect(login?.actor).toEqual({
      type: 'session',
      session: { ip_address: '203.0.113.9', user: { id: userId, email: 'ada@example.com' } },
    });
    expect(login).not.toHaveProperty('project');
    expect(events.find(({ id }) => id === 'audit_system')?.actor).toBeNull();
  });

  test('narrows by project, type, target, actor and email; who has an admin key is found by what it did', async () => {
    expect((await types({ project_ids: [project.id] })).toSorted()).toEqual([
      'api_key.created',
      'project.created',
      'project.updated',
      'service_account.created',
    ]);
    // That of the seed is the older one.
    expect(await types({ event_types: ['project.created', 'login.succeeded'] })).toEqual([
      'project.created',
      'project.created',
      'login.succeeded',
    ]);
    expect(await types({ resource_ids: [userId], event_types: ['login.succeeded', 'project.created'] })).toEqual(['login.succeeded']);
    expect(await types({ actor_ids: [await keyIdOf(gateway, admin)] })).toEqual(['project.created']);
    expect(await types({ actor_ids: [admin.userId] })).toEqual(['project.created']);
    expect(await types({ actor_emails: [`${admin.userId}@example.com`, 'Ada@Example.com'] })).toEqual([
      'project.created',
      'login.succeeded',
    ]);
    expect(await types({ actor_emails: ['nobody@example.com'] })).toEqual([]);
  });

  test('narrows by time, a second being all of it', async () => {
    const at = async (range: AuditLogListParams['effective_at'] & object) =>
      (await list({ effective_at: range })).flatMap(({ id }) =>
        id.startsWith('audit_login') || id.startsWith('audit_system') ? [id] : [],
      );
    expect(await at({ gte: AT_S, lte: AT_S })).toEqual(['audit_login']);
    expect(await at({ gt: AT_S - 1, lt: AT_S + 1 })).toEqual(['audit_login']);
    expect(await at({ gt: AT_S, lte: AT_S + 5 })).toEqual(['audit_system']);
    expect(await at({ lt: AT_S })).toEqual([]);
  });

  test('pages backwards', async () => {
    const all = await list({ limit: 100 });
    const page = await gateway.owner.sent('GET', `/v1/organization/audit_logs?limit=2&before=${all[3]?.id}`);
    expect(page).toMatchObject({ first_id: all[1]?.id, last_id: all[2]?.id, has_more: true });
  });

  test('shows nothing of another organization', async () => {
    const { owner: stranger, projectId } = await gateway.createOrganization();
    await stranger.admin.projects.update(projectId, { name: 'Hidden' });
    expect(await types({ project_ids: [projectId] })).toEqual([]);
    expect((await collect(stranger.admin.auditLogs.list())).map(({ type }) => type)).toEqual(['project.updated']);
    const [{ id } = { id: '' }] = await collect(stranger.admin.auditLogs.list());
    expect(await errorOf(await gateway.owner.get(`/v1/organization/audit_logs?after=${id}`))).toMatchObject({
      status: 400,
      param: 'after',
    });
  });

  test('refuses by name a filter that it does not know or cannot read', async () => {
    const refusal = async (query: string) => errorOf(await gateway.owner.get(`/v1/organization/audit_logs?${query}`));
    expect(await refusal('project_id=x')).toMatchObject({ status: 400, code: 'unknown_parameter', param: 'project_id' });
    expect(await refusal('effective_at[since]=1')).toMatchObject({ status: 400, param: 'effective_at.since' });
    expect(await refusal('effective_at[gt]=yesterday')).toMatchObject({ status: 400, param: 'effective_at.gt' });
    expect(await refusal('actor_emails[]=nobody')).toMatchObject({ status: 400, param: 'actor_emails[0]' });
    const many = Array.from({ length: 101 }, (_, i) => `actor_ids[]=${i}`).join('&');
    expect(await refusal(many)).toMatchObject({ status: 400, code: 'array_above_max_length', param: 'actor_ids' });
  });
});
