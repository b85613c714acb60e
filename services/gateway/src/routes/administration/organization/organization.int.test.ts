import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startAdminGateway, type AdminGateway } from '../../../test-support/admin-gateway.ts';
import { auditTrail } from '../../../test-support/audit-trail.ts';
import { errorOf } from '../../../test-support/error-of.ts';

const PATH = '/sluice/v1/organization';

describe('/sluice/v1/organization', () => {
  let gateway: AdminGateway;
  beforeAll(async () => {
    gateway = await startAdminGateway();
  });
  afterAll(() => gateway.close());

  test('shows and changes what holds for everybody, with its line in the audit log', async () => {
    expect(await gateway.owner.sent('GET', PATH)).toMatchObject({ id: gateway.organizationId, name: 'Default', timezone: 'UTC' });
    const changed = await gateway.owner.sent('PATCH', PATH, {
      name: 'House',
      timezone: 'Europe/Vienna',
      limits: { requests_per_minute: 100, monthly_tokens: 0 },
    });
    expect(changed).toMatchObject({ name: 'House', timezone: 'Europe/Vienna', limits: { requests_per_minute: 100, monthly_tokens: 0 } });
    expect(await auditTrail(gateway, gateway.organizationId)).toMatchObject([
      { type: 'organization.created' },
      {
        type: 'organization.updated',
        before: { name: 'Default', timezone: 'UTC', limits: {} },
        after: { name: 'House', timezone: 'Europe/Vienna', limits: { requests_per_minute: 100, monthly_tokens: 0 } },
      },
    ]);
  });

  test('changes one limit and leaves the others', async () => {
    await gateway.owner.sent('PATCH', PATH, { limits: { requests_per_minute: 5, requests_per_day: 50 } });
    const changed = await gateway.owner.sent('PATCH', PATH, { limits: { requests_per_minute: null, concurrent_requests: 2 } });
    expect(changed).toMatchObject({ limits: { requests_per_minute: null, requests_per_day: 50, concurrent_requests: 2 } });
  });

  test('keeps both of two limits that are changed at once', async () => {
    const names = ['requests_per_minute', 'requests_per_day', 'tokens_per_minute', 'concurrent_requests'];
    await Promise.all(names.map((name, i) => gateway.owner.sent('PATCH', PATH, { limits: { [name]: i + 1 } })));
    expect(await gateway.owner.sent('GET', PATH)).toMatchObject({
      limits: { requests_per_minute: 1, requests_per_day: 2, tokens_per_minute: 3, concurrent_requests: 4 },
    });
  });

  test.each(['Europe/Wien', '+02:00', 'utc plus two', 'Etc/../UTC', ''])('refuses by name what is no time zone: %j', async (timezone) => {
    expect(await errorOf(await gateway.owner.send('PATCH', PATH, { timezone }))).toMatchObject({ status: 400, param: 'timezone' });
  });
});
