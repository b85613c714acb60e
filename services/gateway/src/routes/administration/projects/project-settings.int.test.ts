import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startAdminGateway, type AdminGateway } from '../../../test-support/admin-gateway.ts';
import { auditTrail } from '../../../test-support/audit-trail.ts';
import { errorOf } from '../../../test-support/error-of.ts';

describe('/sluice/v1/projects/{id}', () => {
  let gateway: AdminGateway;
  let projectId: string;
  let path: string;
  beforeAll(async () => {
    gateway = await startAdminGateway();
    projectId = (await gateway.owner.admin.projects.create({ name: 'Settings' })).id;
    path = `/sluice/v1/projects/${projectId}`;
  });
  afterAll(() => gateway.close());

  test('shows and changes tier, limits, models and whether content is kept, with one line in the audit log', async () => {
    expect(await gateway.owner.sent('GET', path)).toMatchObject({
      id: projectId,
      object: 'sluice.project',
      name: 'Settings',
      tier: 'free',
    });
    const changed = await gateway.owner.sent('PATCH', path, {
      tier: 'pro',
      limits: { requests_per_minute: 500, monthly_budget_usd: 10 },
      allowed_models: ['scripted'],
      stores_content: true,
    });
    expect(changed).toMatchObject({
      tier: 'pro',
      limits: { requests_per_minute: 500, monthly_budget_usd: 10 },
      allowed_models: ['scripted'],
      stores_content: true,
    });
    const [, change] = await auditTrail(gateway, projectId);
    expect(change).toMatchObject({
      type: 'project.updated',
      before: { tier_id: 'free', limits: {}, allowed_models: [], stores_content: false },
      after: { tier_id: 'pro', allowed_models: ['scripted'], stores_content: true },
    });
  });

  test('compares limits with those of the tier that comes with them', async () => {
    await gateway.owner.sent('PATCH', path, { tier: 'pro', limits: { requests_per_minute: null } });
    const both = await gateway.owner.send('PATCH', path, { tier: 'free', limits: { requests_per_minute: 500 } });
    expect(await errorOf(both)).toMatchObject({ status: 400, param: 'limits.requests_per_minute' });
    expect(await gateway.owner.sent('GET', path)).toMatchObject({ tier: 'pro' });
  });

  test('refuses by name a tier that does not exist and a field that it does not know', async () => {
    expect(await errorOf(await gateway.owner.send('PATCH', path, { tier: 'gold' }))).toMatchObject({ status: 400, param: 'tier' });
    expect(await errorOf(await gateway.owner.send('PATCH', path, { limit: {} }))).toMatchObject({
      code: 'unknown_parameter',
      param: 'limit',
    });
  });
});
