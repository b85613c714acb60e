import { expect, test } from '@jest/globals';
import { useAdminKey } from '../test-support/admin-client.ts';
import { startAdminGateway } from '../test-support/admin-gateway.ts';
import { errorOf } from '../test-support/error-of.ts';
import { createTestClock } from '../test-support/test-clock.ts';

const PATH = '/v1/organization/projects';

test('a user may administer so often a minute, with whichever of their keys, and hears when to come back', async () => {
  const clock = createTestClock();
  await using gateway = await startAdminGateway({ clock }, { adminRequestsPerMinute: 5 });
  const { url, owner } = gateway;
  const another = await gateway.admit('member');
  const { value } = await owner.sent('POST', '/v1/organization/admin_api_keys', { name: 'second' });
  const second = useAdminKey({ url, userId: owner.userId, adminKey: String(value) });
  for (const remaining of ['3', '2', '1', '0']) {
    const { status, headers } = await owner.get(PATH);
    expect({ status, remaining: headers.get('x-ratelimit-remaining-requests') }).toEqual({ status: 200, remaining });
  }

  for (const client of [owner, second]) {
    const refused = await client.send('POST', PATH, { name: 'One too many' });
    expect(Object.fromEntries(refused.headers)).toMatchObject({
      'retry-after': '12',
      'retry-after-ms': '12000',
      'x-ratelimit-limit-requests': '5',
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '1m0s',
      'x-ratelimit-limit-tokens': '2147483647',
      'x-ratelimit-remaining-tokens': '2147483647',
      'x-ratelimit-reset-tokens': '0s',
    });
    expect(await errorOf(refused)).toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
  }
  expect(await gateway.db.project.count({ where: { name: 'One too many' } })).toBe(0);
  expect((await another.get(PATH)).status).toBe(200);
  expect((await gateway.chat(gateway.apiKey)).status).toBe(200);

  clock.advance(12_000);
  expect((await second.get(PATH)).status).toBe(200);
  expect((await owner.get(PATH)).status).toBe(429);
});
