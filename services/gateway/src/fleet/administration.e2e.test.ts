import { expect, test } from '@jest/globals';
import { say } from '@sluice/testing/scripts';
import { until } from '@sluice/testing/until';
import { createAdminClient, type AdminClient } from '../test-support/admin-client.ts';
import { startFleet, type Fleet } from '../test-support/gateway-fleet.ts';

/** An owner at one of the gateways. */
async function ownerAt({ db, gateways }: Fleet, gateway: number): Promise<AdminClient> {
  const { organizationId } = await db.project.findFirstOrThrow();
  return createAdminClient(db, { url: gateways[gateway]?.url ?? '', organizationId, role: 'owner' });
}

test('what is changed at one gateway holds from the next request on at every other', async () => {
  await using fleet = await startFleet({ gateways: 3, script: say(['x']) });
  const owner = await ownerAt(fleet, 0);
  const project = await owner.admin.projects.create({ name: 'Shared' });
  const { api_key: issued } = await owner.admin.projects.serviceAccounts.create(project.id, { name: 'caller' });
  const key = { id: issued?.id ?? '', value: issued?.value ?? '' };
  const call = (gateway: number) => fleet.chat(gateway, {}, { headers: { authorization: `Bearer ${key.value}` } });
  const statuses = () => Promise.all([0, 1, 2].map(async (gateway) => (await call(gateway)).status));
  const limits = () => Promise.all([0, 1, 2].map(async (gateway) => (await call(gateway)).headers.get('x-ratelimit-limit-requests')));
  expect(await statuses()).toEqual([200, 200, 200]);

  await owner.sent('PATCH', '/sluice/v1/tiers/free', { requests_per_minute: 50, requests_per_day: null });
  expect(await limits()).toEqual(['50', '50', '50']);
  await owner.sent('PATCH', `/sluice/v1/projects/${project.id}`, { limits: { requests_per_minute: 40 } });
  expect(await limits()).toEqual(['40', '40', '40']);
  await owner.sent('PATCH', `/sluice/v1/api_keys/${key.id}`, { limits: { requests_per_minute: 30 } });
  expect(await limits()).toEqual(['30', '30', '30']);
  await owner.sent('PATCH', '/sluice/v1/organization', { limits: { requests_per_minute: 25 } });
  expect(await limits()).toEqual(['25', '25', '25']);

  await owner.admin.projects.modelPermissions.update(project.id, { mode: 'allow_list', model_ids: ['another'] });
  expect(await statuses()).toEqual([403, 403, 403]);
  await owner.admin.projects.modelPermissions.delete(project.id);
  expect(await statuses()).toEqual([200, 200, 200]);
  await owner.sent('PATCH', `/sluice/v1/api_keys/${key.id}`, { scopes: ['models'] });
  expect(await statuses()).toEqual([403, 403, 403]);
  await owner.sent('PATCH', `/sluice/v1/api_keys/${key.id}`, { scopes: [] });
  expect(await statuses()).toEqual([200, 200, 200]);
  await owner.admin.projects.apiKeys.delete(key.id, { project_id: project.id });
  expect(await statuses()).toEqual([401, 401, 401]);
});

test('a key that is widened works at every gateway long before copies of it age', async () => {
  await using fleet = await startFleet({ gateways: 2, script: say(['x']) });
  const owner = await ownerAt(fleet, 0);
  const { id } = await fleet.db.apiKey.findFirstOrThrow({ where: { projectId: fleet.projectId } });
  const statuses = () => Promise.all([0, 1].map(async (gateway) => (await fleet.chat(gateway)).status));
  const change = (settings: object) => owner.sent('PATCH', `/sluice/v1/api_keys/${id}`, settings);
  const areServed = async () => (await statuses()).every((status) => status === 200);
  expect(await areServed()).toBe(true);

  await change({ allowed_ips: ['203.0.113.7'] });
  expect(await statuses()).toEqual([401, 401]);
  await change({ allowed_ips: ['127.0.0.0/8', '::1'] });
  await until(areServed);
  await change({ expires_at: 1_000 });
  expect(await statuses()).toEqual([401, 401]);
  await change({ expires_at: null });
  await until(areServed);
});

test('changes under load refuse nobody who may ask before and after them', async () => {
  await using fleet = await startFleet({ gateways: 2, script: say(['x']) });
  const owner = await ownerAt(fleet, 0);
  const { id } = await fleet.db.apiKey.findFirstOrThrow({ where: { projectId: fleet.projectId } });
  const over = new AbortController();
  const statuses: number[] = [];
  const clients = Array.from({ length: 8 }, async (_, i) => {
    while (!over.signal.aborted) {
      const response = await fleet.chat(i % 2, { max_tokens: 1 });
      await response.text();
      statuses.push(response.status);
    }
  });
  for (let round = 1; round <= 10; round++) {
    const limits = { requests_per_minute: 100_000 + round };
    await owner.sent('PATCH', '/sluice/v1/tiers/enterprise', limits);
    await owner.sent('PATCH', `/sluice/v1/projects/${fleet.projectId}`, { limits });
    await owner.sent('PATCH', `/sluice/v1/api_keys/${id}`, { limits });
    await owner.sent('PUT', '/sluice/v1/prices/scripted', { input_usd_per_million: round, output_usd_per_million: round });
    const enough = statuses.length + 20;
    await until(() => statuses.length > enough);
  }
  over.abort();
  await Promise.all(clients);
  expect(new Set(statuses)).toEqual(new Set([200]));
  const limit = async (gateway: number) => (await fleet.chat(gateway)).headers.get('x-ratelimit-limit-requests');
  expect(await Promise.all([limit(0), limit(1)])).toEqual(['100010', '100010']);
});

test('an archived project and a disabled user call nothing any more, at any gateway', async () => {
  await using fleet = await startFleet({ gateways: 2, script: say(['x']) });
  const owner = await ownerAt(fleet, 0);
  const statusesWith = (value: string) =>
    Promise.all([0, 1].map(async (gateway) => (await fleet.chat(gateway, {}, { headers: { authorization: `Bearer ${value}` } })).status));
  const user = await owner.sent('POST', '/v1/organization/users', { email: 'ada@example.com', name: 'Ada' });
  await owner.admin.projects.users.create(fleet.projectId, { user_id: String(user['id']), role: 'member' });
  const path = `/v1/organization/projects/${fleet.projectId}/api_keys`;
  const { value } = await owner.sent('POST', path, { name: 'hers', user_id: user['id'] });
  expect(await statusesWith(String(value))).toEqual([200, 200]);
  await owner.admin.users.delete(String(user['id']));
  expect(await statusesWith(String(value))).toEqual([401, 401]);
  expect(await statusesWith(fleet.apiKey)).toEqual([200, 200]);
  await owner.admin.projects.archive(fleet.projectId);
  expect(await statusesWith(fleet.apiKey)).toEqual([401, 401]);
});

test('a change stands when the gateways cannot be told of it, and they are told as soon as they can', async () => {
  await using fleet = await startFleet({ gateways: 2, script: say(['x']) });
  const owner = await ownerAt(fleet, 0);
  const { id } = await fleet.db.apiKey.findFirstOrThrow({ where: { projectId: fleet.projectId } });
  expect((await fleet.chat(1)).status).toBe(200);
  await fleet.redis.client('PAUSE', 3_000, 'ALL');
  const { status } = await owner.send('DELETE', `/sluice/v1/api_keys/${id}`);
  expect(status).toBe(200);
  expect((await fleet.db.apiKey.findUniqueOrThrow({ where: { id } })).revokedAt).not.toBeNull();
  // Here at once, there when it is told.
  expect((await fleet.chat(0)).status).toBe(401);
  await until(async () => (await fleet.chat(1)).status === 401);
  expect(await (await fetch(fleet.gateways[0]?.metricsUrl ?? '')).text()).toMatch(/sluice_gateway_unannounced_changes_total [1-9]/);
});
