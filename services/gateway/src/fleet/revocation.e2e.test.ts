import { expect, test } from '@jest/globals';
import { say } from '@sluice/testing/scripts';
import { createEpochStore } from '../limits/epoch-store.ts';
import { startFleet } from '../test-support/gateway-fleet.ts';

test('a key that is revoked under load is refused by the next request on every gateway', async () => {
  await using fleet = await startFleet({ gateways: 3, script: say(['x']) });
  let isRevoked = false;
  const over = new AbortController();
  const after: number[] = [];
  const counts = { before: 0 };
  const load = async (gateway: number): Promise<void> => {
    while (!over.signal.aborted) {
      const wasRevoked = isRevoked;
      const { status } = await fleet.chat(gateway, { max_tokens: 1 });
      if (wasRevoked) after.push(status);
      else counts.before += 1;
    }
  };
  const loads = Array.from({ length: 12 }, (_, i) => load(i % 3));
  while (counts.before < 200) await new Promise(setImmediate);

  const publicId = fleet.apiKey.split('-')[1] ?? '';
  await fleet.db.apiKey.update({ where: { publicId }, data: { revokedAt: new Date() } });
  await createEpochStore(fleet.redis).bump([`key:${publicId}`]);
  isRevoked = true;
  // An address may fail sixty times at each gateway before it hears 429 instead.
  while (after.length < 45) await new Promise(setImmediate);
  over.abort();
  await Promise.all(loads);
  expect(new Set(after)).toEqual(new Set([401]));
  for (const gateway of [0, 1, 2]) {
    const models = await fetch(`${fleet.gateways[gateway]?.url}/v1/models`, { headers: { authorization: `Bearer ${fleet.apiKey}` } });
    expect(models.status).toBe(401);
    // A mistake in the body does not hide it.
    expect((await fleet.chat(gateway, { model: 5 })).status).toBe(401);
  }
});

test('a limit that is changed counts from the next request on every gateway', async () => {
  await using fleet = await startFleet({ gateways: 2, script: say(['x']), tier: { requestsPerDay: 1_000 } });
  const limits = async (): Promise<(string | null)[]> =>
    Promise.all([0, 1].map(async (gateway) => (await fleet.chat(gateway)).headers.get('x-ratelimit-limit-requests')));
  expect(await limits()).toEqual(['1000', '1000']);
  await fleet.db.tier.updateMany({ data: { requestsPerDay: 50 } });
  const { organizationId } = await fleet.db.project.findFirstOrThrow();
  await createEpochStore(fleet.redis).bump([`org:${organizationId}`]);
  expect(await limits()).toEqual(['50', '50']);
});
