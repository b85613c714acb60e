import { expect, test } from '@jest/globals';
import { withRedis } from '@sluice/platform/with-redis';
import { startOwnRedis } from '@sluice/testing/own-redis';
import { say } from '@sluice/testing/scripts';
import { until } from '@sluice/testing/until';
import { startFleet } from './gateway-fleet.ts';

test('a fleet that does not start leaves nothing running', async () => {
  await using redis = await startOwnRedis();
  const start = startFleet({ gateways: 2, script: say(['x']), redisUrl: redis.url, writesHistory: true, env: { DRAIN_MS: 'long' } });
  await expect(start).rejects.toThrow(/DRAIN_MS/);
  // Whose processes have just ended may be listed for a moment.
  await until(async () => {
    const clients = String(await withRedis(redis.url, (connection) => connection.client('LIST')));
    expect(clients.trim().split('\n')).toHaveLength(1);
    return true;
  });
});
