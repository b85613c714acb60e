import { expect, test } from '@jest/globals';
import { say } from '@sluice/testing/scripts';
import { until } from '@sluice/testing/until';
import { createAdminClient } from '../test-support/admin-client.ts';
import { startFleet, type Fleet } from '../test-support/gateway-fleet.ts';

/** With its 7 tokens of prompt a chat takes 100. */
const ANSWER = Array.from({ length: 93 }, (_, i) => `${i} `);

test('a price that is set on one gateway counts from the next request on another', async () => {
  await using fleet = await startFleet({ gateways: 2, script: say(ANSWER) });
  const { organizationId } = await fleet.db.project.findFirstOrThrow();
  const admin = await createAdminClient(fleet.db, { url: fleet.gateways[0]?.url ?? '', organizationId, role: 'owner' });
  expect((await fleet.chat(1)).status).toBe(200);
  const set = await admin.send('PUT', '/sluice/v1/prices/scripted', { input_usd_per_million: 1, output_usd_per_million: 10 });
  expect(set.status).toBe(200);
  expect((await fleet.chat(1)).status).toBe(200);
  // 7 tokens at a dollar per million and 93 at ten; the request before it cost nothing.
  const line = /^sluice_gateway_cost_usd_total\{model="scripted"\} (.*)$/m;
  const spent = await until(async () => line.exec(await metricsOf(fleet, 1))?.[1]);
  expect(Number(spent)).toBeCloseTo(0.000_937, 9);
}, 60_000);

test('a quota that is nearly and then wholly used up is told of once each, by all gateways together', async () => {
  await using fleet = await startFleet({ gateways: 2, script: say(ANSWER), tier: { monthlyTokens: 1_000 } });
  const notices = () => fleet.db.auditLog.findMany({ where: { type: 'quota.threshold_reached' }, orderBy: { createdAt: 'asc' } });
  for (let i = 0; i < 8; i++) expect((await fleet.chat(i % 2)).status).toBe(200);
  await until(async () => (await notices()).length === 1);
  // The second of these is cut short, and what is left then is less than a prompt.
  for (let i = 0; i < 2; i++) expect((await fleet.chat(i % 2)).status).toBe(200);
  for (let i = 0; i < 4; i++) expect((await fleet.chat(i % 2)).status).toBe(429);
  await until(async () => (await notices()).length === 2);
  expect(await notices()).toMatchObject([
    { projectId: fleet.projectId, after: { unit: 'tokens', used: 800, limit: 1_000, threshold_percent: 80 } },
    { projectId: fleet.projectId, after: { unit: 'tokens', limit: 1_000, threshold_percent: 100 } },
  ]);
  const inLogs = () =>
    fleet.gateways.flatMap(({ process }) => process.logLines().filter(({ thresholdPercent }) => thresholdPercent !== undefined));
  // Lines leave together, a moment after the row.
  const told = await until(() => (inLogs().length >= 2 ? inLogs() : undefined));
  expect(new Set(told.map(({ thresholdPercent }) => thresholdPercent))).toEqual(new Set([80, 100]));
  expect(told).toHaveLength(2);
  const counted = await Promise.all([0, 1].map((gateway) => metricsOf(fleet, gateway)));
  expect(counted.join('\n').match(/^sluice_gateway_quota_notices_total\{.*\} 1$/gm)).toHaveLength(2);
}, 60_000);

async function metricsOf({ gateways }: Fleet, gateway: number): Promise<string> {
  return (await fetch(gateways[gateway]?.metricsUrl ?? '')).text();
}
