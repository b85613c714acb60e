import { expect, test } from '@jest/globals';
import { once } from 'node:events';
import { sayForever } from '@sluice/testing/scripts';
import { until } from '@sluice/testing/until';
import { startFleet } from '../test-support/gateway-fleet.ts';

const LEASES = 10;
/** A lease lives twelve seconds without a renewal. */
const BACK_WITHIN_MS = 15_000;

test('a gateway that is killed with ten requests gives their places back within 15 seconds', async () => {
  await using fleet = await startFleet({
    gateways: 2,
    script: sayForever(100),
    tier: { concurrentRequests: LEASES, monthlyTokens: 100_000n },
  });
  const [killed] = fleet.gateways;
  const streams = Array.from({ length: LEASES }, () => fleet.chat(0, { stream: true, max_tokens: 1_000 }).catch(() => undefined));
  await until(() => fleet.runtime.running === LEASES);
  expect((await fleet.chat(1)).status).toBe(429);

  killed?.process.child.kill('SIGKILL');
  if (killed) await once(killed.process.child, 'exit');
  const killedAtMs = performance.now();
  await Promise.all(streams);
  expect((await fleet.chat(1)).status).toBe(429);
  const controller = new AbortController();
  let accepted: Response | undefined;
  while (!accepted && performance.now() - killedAtMs < BACK_WITHIN_MS) {
    const response = await fleet.chat(1, { stream: true }, { signal: controller.signal });
    if (response.status === 200) accepted = response;
    else await new Promise((resolve) => setTimeout(resolve, 200));
  }
  expect(accepted?.status).toBe(200);
  // All ten are back, not just one, and so is what they had reserved of the quota.
  const others = await Promise.all(
    Array.from({ length: LEASES - 1 }, () => fleet.chat(1, { stream: true, max_tokens: 5_000 }, { signal: controller.signal })),
  );
  expect(others.map(({ status }) => status)).toEqual(Array.from({ length: LEASES - 1 }, () => 200));
  controller.abort();
});
