import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { NotFoundError } from 'openai';
import { startAdminGateway, type AdminGateway } from '../../../test-support/admin-gateway.ts';
import { auditTrail } from '../../../test-support/audit-trail.ts';
import { collect } from '../../../test-support/collect.ts';

const ID = 'rl-scripted';

describe('client.admin.organization.projects.rateLimits', () => {
  let gateway: AdminGateway;
  let projectId: string;
  beforeAll(async () => {
    gateway = await startAdminGateway();
    // On the tier "free": 60 requests and 40,000 tokens a minute, 5,000 requests a day.
    projectId = (await gateway.owner.admin.projects.create({ name: 'Limited' })).id;
  });
  afterAll(() => gateway.close());

  const limits = () => gateway.owner.admin.projects.rateLimits;

  test('shows what holds for each model that is served, and tightens it', async () => {
    const inherited = {
      id: ID,
      object: 'project.rate_limit',
      model: 'scripted',
      max_requests_per_1_minute: 60,
      max_tokens_per_1_minute: 40_000,
      max_requests_per_1_day: 5_000,
    };
    expect(await collect(limits().listRateLimits(projectId))).toMatchObject([inherited]);
    const change = { project_id: projectId, max_requests_per_1_minute: 10, max_requests_per_1_day: 100 };
    const tightened = { ...inherited, max_requests_per_1_minute: 10, max_requests_per_1_day: 100 };
    expect(await limits().updateRateLimit(ID, change)).toMatchObject(tightened);
    expect(await collect(limits().listRateLimits(projectId))).toMatchObject([
      { ...tightened, sluice: { own: { max_requests_per_1_minute: 10, max_tokens_per_1_minute: null, max_requests_per_1_day: 100 } } },
    ]);
    expect(await gateway.db.modelRateLimit.findMany()).toMatchObject([
      { projectId, model: 'scripted', requestsPerMinute: 10, requestsPerDay: 100, tokensPerMinute: null },
    ]);

    await limits().updateRateLimit(ID, { project_id: projectId, max_requests_per_1_minute: 20 });
    await gateway.owner.sent('DELETE', `/v1/organization/projects/${projectId}/rate_limits/${ID}`);
    expect(await collect(limits().listRateLimits(projectId))).toMatchObject([inherited]);
    expect((await auditTrail(gateway, ID)).map(({ type, before, after }) => ({ type, before, after }))).toEqual([
      { type: 'rate_limit.updated', before: null, after: { requests_per_minute: 10, requests_per_day: 100, tokens_per_minute: null } },
      { type: 'rate_limit.updated', before: { requests_per_minute: 10 }, after: { requests_per_minute: 20 } },
      { type: 'rate_limit.deleted', before: { requests_per_minute: 20, requests_per_day: 100 }, after: null },
    ]);
  });

  test.each([
    ['max_requests_per_1_minute', 61],
    ['max_tokens_per_1_minute', 40_001],
    ['max_requests_per_1_day', 5_001],
  ])('refuses by its name a limit that is looser than the tier allows: %s', async (param, value) => {
    const refused = limits().updateRateLimit(ID, { project_id: projectId, [param]: value });
    await expect(refused).rejects.toMatchObject({ status: 400, code: 'invalid_value', param });
    expect(await gateway.db.modelRateLimit.count({ where: { projectId } })).toBe(0);
  });

  test('shows the stricter one when the project’s limits became stricter than its own for the model', async () => {
    await limits().updateRateLimit(ID, { project_id: projectId, max_requests_per_1_minute: 50, max_requests_per_1_day: 100 });
    await gateway.owner.sent('PATCH', `/sluice/v1/projects/${projectId}`, { limits: { requests_per_minute: 20 } });
    expect(await collect(limits().listRateLimits(projectId))).toMatchObject([
      {
        max_requests_per_1_minute: 20,
        max_requests_per_1_day: 100,
        sluice: { own: { max_requests_per_1_minute: 50, max_requests_per_1_day: 100 } },
      },
    ]);
    await gateway.owner.sent('PATCH', `/sluice/v1/projects/${projectId}`, { limits: { requests_per_minute: null } });
    await gateway.owner.sent('DELETE', `/v1/organization/projects/${projectId}/rate_limits/${ID}`);
  });

  test('refuses what cannot be limited here, and a model that nobody serves', async () => {
    const refused = limits().updateRateLimit(ID, { project_id: projectId, max_images_per_1_minute: 5 });
    await expect(refused).rejects.toMatchObject({ status: 400, code: 'unsupported_parameter', param: 'max_images_per_1_minute' });
    for (const id of ['rl-gpt-9', 'scripted', 'rl-']) {
      await expect(limits().updateRateLimit(id, { project_id: projectId, max_requests_per_1_minute: 1 })).rejects.toBeInstanceOf(
        NotFoundError,
      );
    }
  });

  test('has a number where nothing limits, and none that depends on being there', async () => {
    const [limit] = await collect(limits().listRateLimits(gateway.projectId));
    expect(limit).toMatchObject({ max_requests_per_1_minute: 1_000_000_000, max_tokens_per_1_minute: 1_000_000_000 });
    expect(limit).not.toHaveProperty('max_requests_per_1_day');
  });

  test('knows models whose names hold slashes', async () => {
    const model = 'hf:Qwen/Qwen3-0.6B-GGUF:Q8_0';
    await gateway.db.modelRateLimit.create({ data: { projectId, model, requestsPerMinute: 5 } });
    const changed = await limits().updateRateLimit(`rl-${model}`, { project_id: projectId, max_requests_per_1_minute: 4 });
    expect(changed).toMatchObject({ id: `rl-${model}`, model, max_requests_per_1_minute: 4 });
    expect((await collect(limits().listRateLimits(projectId, { limit: 1 }))).map((each) => each.model)).toEqual([model, 'scripted']);
    await gateway.db.modelRateLimit.deleteMany();
  });
});
