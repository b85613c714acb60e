import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { appendRequests } from '@sluice/prisma/append-requests';
import { NotFoundError } from 'openai';
import { startAdminGateway, type AdminGateway } from '../../../test-support/admin-gateway.ts';
import { requestRow } from '@sluice/testing/request-row';

const LIMIT = { currency: 'USD', interval: 'month', threshold_amount: 1_250 } as const;

describe('client.admin.organization.spendLimit, and that of its projects', () => {
  let gateway: AdminGateway;
  beforeAll(async () => {
    gateway = await startAdminGateway();
  });
  afterAll(() => gateway.close());

  test('shows, sets and lifts the one of a project', async () => {
    const { spendLimit } = gateway.owner.admin.projects;
    await expect(spendLimit.retrieve(gateway.projectId)).rejects.toBeInstanceOf(NotFoundError);
    const set = { ...LIMIT, object: 'project.spend_limit', enforcement: { status: 'inactive' } };
    expect(await spendLimit.update(gateway.projectId, LIMIT)).toEqual(set);
    expect(await spendLimit.retrieve(gateway.projectId)).toEqual(set);
    const { limits } = await gateway.db.project.findUniqueOrThrow({ where: { id: gateway.projectId } });
    expect(limits).toEqual({ monthlyBudgetNanoUsd: 12_500_000_000 });

    await appendRequests(gateway.db, [requestRow({ projectId: gateway.projectId, costNanoUsd: 12_500_000_000 })]);
    expect(await spendLimit.retrieve(gateway.projectId)).toMatchObject({ enforcement: { status: 'enforcing' } });

    expect(await spendLimit.delete(gateway.projectId)).toEqual({ object: 'project.spend_limit.deleted', deleted: true });
    await expect(spendLimit.retrieve(gateway.projectId)).rejects.toBeInstanceOf(NotFoundError);
    await expect(spendLimit.delete(gateway.projectId)).rejects.toBeInstanceOf(NotFoundError);
  });

  test('shows, sets and lifts the one of the organization, and leaves its other limits alone', async () => {
    const { spendLimit } = gateway.owner.admin;
    await gateway.owner.sent('PATCH', '/sluice/v1/organization', { limits: { requests_per_minute: 1_000 } });
    await expect(spendLimit.retrieve()).rejects.toBeInstanceOf(NotFoundError);
    expect(await spendLimit.update(LIMIT)).toMatchObject({ ...LIMIT, object: 'organization.spend_limit' });
    expect(await spendLimit.retrieve()).toMatchObject(LIMIT);
    expect(await gateway.owner.sent('GET', '/sluice/v1/organization')).toMatchObject({
      limits: { requests_per_minute: 1_000, monthly_budget_usd: 12.5 },
    });
    expect(await spendLimit.delete()).toMatchObject({ deleted: true });
    expect(await gateway.owner.sent('GET', '/sluice/v1/organization')).toMatchObject({
      limits: { requests_per_minute: 1_000, monthly_budget_usd: null },
    });
  });

  test('refuses by name another currency, another interval, and more than the tier allows', async () => {
    const { spendLimit } = gateway.owner.admin.projects;
    const post = (body: object) => gateway.owner.send('POST', `/v1/organization/projects/${gateway.projectId}/spend_limit`, body);
    expect(await (await post({ ...LIMIT, currency: 'EUR' })).json()).toMatchObject({ error: { param: 'currency' } });
    expect((await post({ ...LIMIT, interval: 'day' })).status).toBe(400);
    expect((await post({ ...LIMIT, threshold_amount: -1 })).status).toBe(400);
    await gateway.db.tier.update({ where: { id: 'enterprise' }, data: { monthlyBudgetNanoUsd: 10_000_000_000n } });
    await expect(spendLimit.update(gateway.projectId, LIMIT)).rejects.toMatchObject({ status: 400, param: 'threshold_amount' });
  });
});
