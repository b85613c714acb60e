import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startAdminGateway, type AdminGateway } from '../../../test-support/admin-gateway.ts';
import { auditTrail } from '../../../test-support/audit-trail.ts';
import { errorOf } from '../../../test-support/error-of.ts';

const TEAM = {
  id: 'team',
  name: 'Team',
  requests_per_minute: 120,
  tokens_per_minute: 80_000,
  monthly_tokens: 9_000_000_000_000,
  monthly_budget_usd: 99.99,
  output_tokens_max: 4_096,
  allowed_models: ['scripted'],
  endpoint_limits: { completions: { requests_per_minute: 10 } },
  queue_depth_max: 8,
  queue_deadline_ms: 5_000,
  overload_share_percent: 50,
  on_limiter_down: 'refuse',
};

describe('/sluice/v1/tiers', () => {
  let gateway: AdminGateway;
  beforeAll(async () => {
    gateway = await startAdminGateway();
  });
  afterAll(() => gateway.close());

  const send = (method: string, path: string, body?: unknown) => gateway.owner.send(method, `/sluice/v1/tiers${path}`, body);
  const sent = (method: string, path: string, body?: unknown) => gateway.owner.sent(method, `/sluice/v1/tiers${path}`, body);

  test('lists those that were seeded', async () => {
    const { data } = (await sent('GET', '')) as { data: { id: string; monthly_budget_usd: number | null }[] };
    expect(data.map(({ id }) => id).toSorted()).toEqual(['enterprise', 'free', 'pro']);
    expect(data.find(({ id }) => id === 'free')).toMatchObject({
      object: 'sluice.tier',
      requests_per_minute: 60,
      monthly_budget_usd: null,
      endpoint_limits: {},
    });
  });

  test('makes one, shows it, changes it and deletes it, each with its line in the audit log', async () => {
    const made = await sent('POST', '', TEAM);
    expect(made).toMatchObject({
      ...TEAM,
      object: 'sluice.tier',
      requests_per_day: null,
      queue_priority: 0,
      endpoint_limits: { completions: { requests_per_minute: 10, requests_per_day: null } },
    });
    expect(await sent('GET', '/team')).toEqual(made);
    const changed = await sent('PATCH', '/team', { requests_per_minute: null, monthly_budget_usd: 0.000000001, allowed_models: [] });
    expect(changed).toMatchObject({ requests_per_minute: null, monthly_budget_usd: 0.000000001, allowed_models: [], name: 'Team' });
    expect((await gateway.db.tier.findUniqueOrThrow({ where: { id: 'team' } })).monthlyBudgetNanoUsd).toBe(1n);
    expect(await sent('DELETE', '/team')).toEqual({ object: 'sluice.tier.deleted', id: 'team', deleted: true });
    expect((await send('GET', '/team')).status).toBe(404);
    expect((await auditTrail(gateway, 'team')).map(({ type, before, after }) => ({ type, before, after }))).toEqual([
      { type: 'tier.created', before: null, after: expect.objectContaining({ monthly_budget_nano_usd: 99_990_000_000 }) },
      {
        type: 'tier.updated',
        before: { requests_per_minute: 120, monthly_budget_nano_usd: 99_990_000_000, allowed_models: ['scripted'] },
        after: { requests_per_minute: null, monthly_budget_nano_usd: 1, allowed_models: [] },
      },
      { type: 'tier.deleted', before: expect.objectContaining({ name: 'Team' }), after: null },
    ]);
  });

  test('keeps one that a project has', async () => {
    await sent('POST', '', { id: 'used', name: 'Used' });
    const project = await gateway.owner.sent('POST', '/v1/organization/projects', { name: 'On it', tier: 'used' });
    expect(project).toMatchObject({ sluice: { tier: 'used' } });
    expect(await errorOf(await send('DELETE', '/used'))).toMatchObject({ status: 409, code: 'conflict' });
    await gateway.owner.sent('PATCH', `/sluice/v1/projects/${String(project['id'])}`, { tier: 'free' });
    expect((await send('DELETE', '/used')).status).toBe(200);
  });

  test('refuses by name what makes no tier', async () => {
    const refusal = async (body: object) => errorOf(await send('POST', '', { id: 'x', name: 'X', ...body }));
    expect(await refusal({ id: 'free' })).toMatchObject({ status: 409, code: 'already_exists', param: 'id' });
    expect(await refusal({ id: 'No Good' })).toMatchObject({ status: 400, param: 'id' });
    expect(await refusal({ requests_per_minute: 0 })).toMatchObject({ status: 400, param: 'requests_per_minute' });
    // More than a bucket can count exactly, as everywhere else.
    expect(await refusal({ requests_per_day: 100_000_001 })).toMatchObject({ status: 400, param: 'requests_per_day' });
    expect(await refusal({ concurrent_requests: 1_000_001 })).toMatchObject({ status: 400, param: 'concurrent_requests' });
    expect(await refusal({ monthly_budget_usd: -1 })).toMatchObject({ status: 400, param: 'monthly_budget_usd' });
    expect(await refusal({ overload_share_percent: 101 })).toMatchObject({ status: 400, param: 'overload_share_percent' });
    expect(await refusal({ endpoint_limits: { embedings: {} } })).toMatchObject({ status: 400, param: 'endpoint_limits.embedings' });
    expect(await refusal({ endpoint_limits: { models: { monthly_tokens: 1 } } })).toMatchObject({ code: 'unknown_parameter' });
    expect(await refusal({ rpm: 1 })).toMatchObject({ code: 'unknown_parameter', param: 'rpm' });
    expect((await send('PATCH', '/nothing', { name: 'x' })).status).toBe(404);
    expect((await send('DELETE', '/nothing')).status).toBe(404);
  });

  test('lets only the first organization of the server change what all share', async () => {
    const { owner } = await gateway.createOrganization();
    expect((await owner.get('/sluice/v1/tiers/free')).status).toBe(200);
    for (const [method, path, body] of [
      ['POST', '/sluice/v1/tiers', { id: 'mine', name: 'Mine' }],
      ['PATCH', '/sluice/v1/tiers/free', { requests_per_minute: null }],
      ['DELETE', '/sluice/v1/tiers/pro', undefined],
      ['PUT', '/sluice/v1/prices/scripted', { input_usd_per_million: 0, output_usd_per_million: 0 }],
    ] as const) {
      expect(await errorOf(await owner.send(method, path, body))).toMatchObject({ status: 403, code: 'insufficient_permissions' });
    }
  });
});
