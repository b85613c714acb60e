import { expect, test } from '@jest/globals';
import { say } from '@sluice/testing/scripts';
import { errorOf } from '../test-support/error-of.ts';
import { startHarness } from '../test-support/gateway-harness.ts';
import { createTestClock } from '../test-support/test-clock.ts';

const AT_ONCE = 20;

test('a key may ask ten times a second for what costs nothing, and goes on to be served what does', async () => {
  const clock = createTestClock();
  const gateway = await startHarness({ scripts: [say(['x'])], parts: { clock } });
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => gateway.close());
  const list = (key = gateway.apiKey) => fetch(`${gateway.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
  const statuses = new Set<number>();
  for (let asked = 0; asked < 600; asked += AT_ONCE) {
    for (const { status } of await Promise.all(Array.from({ length: AT_ONCE }, () => list()))) statuses.add(status);
  }
  expect([...statuses]).toEqual([200]);

  const refused = await list();
  expect(Object.fromEntries(refused.headers)).toMatchObject({
    'retry-after-ms': '100',
    'x-ratelimit-limit-requests': '600',
    'x-ratelimit-remaining-requests': '0',
    'x-ratelimit-remaining-tokens': '2147483647',
  });
  expect(await errorOf(refused)).toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
  const chat = { model: 'scripted', messages: [{ role: 'user', content: 'hi' }] };
  expect((await gateway.post('/v1/chat/completions', chat)).status).toBe(200);
  expect((await list(gateway.keys.issue())).status).toBe(200);

  clock.advance(100);
  expect([(await list()).status, (await list()).status]).toEqual([200, 429]);
});
