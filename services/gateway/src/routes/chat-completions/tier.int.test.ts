import { expect, test } from '@jest/globals';
import { remembering, say } from '@sluice/testing/scripts';
import { UNLIMITED } from '../../keys/policy.ts';
import { startHarness } from '../../test-support/gateway-harness.ts';
import { createScriptedLimiter } from '../../test-support/scripted-limiter.ts';
import { createTestClock } from '../../test-support/test-clock.ts';

const PATH = '/v1/chat/completions';
const BODY = { model: 'scripted', messages: [{ role: 'user' as const, content: 'hi' }] };

/** A gateway whose first request waits 400 ms for a limit; it remembers what its worker was asked. */
async function start() {
  const clock = createTestClock();
  const limiter = createScriptedLimiter([{ kind: 'refused', buckets: [], by: { kind: 'bucket', index: 0, waitMs: 5 }, position: 0 }]);
  const decide = limiter.decide.bind(limiter);
  limiter.decide = (demand) => {
    if (limiter.demands.length === 1) clock.advance(400);
    return decide(demand);
  };
  const { script, requests } = remembering(say(['x']));
  const gateway = await startHarness({ scripts: [script], parts: { clock, limiter } });
  const ask = async (tier: Partial<typeof UNLIMITED.tier>): Promise<unknown> => {
    const key = gateway.keys.issue({ policy: { ...UNLIMITED, tier: { ...UNLIMITED.tier, ...tier } } });
    const response = await gateway.post(PATH, BODY, { authorization: `Bearer ${key}` });
    expect(response.status).toBe(200);
    await response.text();
    return requests.at(-1);
  };
  return { gateway, ask };
}

test('a worker is told the priority of the tier, and how much of its wait the limits have left', async () => {
  const { gateway, ask } = await start();
  await using _ = gateway;
  const tier = { queuePriority: 7, queueDeadlineMs: 60_000, queueDepthMax: 4 };
  expect(await ask(tier)).toMatchObject({ priority: 7, queueTimeoutMs: 59_600 });
  expect(await ask(tier)).toMatchObject({ priority: 7, queueTimeoutMs: 60_000 });
  expect(await ask({ queuePriority: -3 })).toMatchObject({ priority: -3, queueTimeoutMs: 120_000 });
});
