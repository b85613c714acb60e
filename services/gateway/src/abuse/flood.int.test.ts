import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { generateApiKey } from '@sluice/platform/api-key';
import { say } from '@sluice/testing/scripts';
import { errorOf } from '../test-support/error-of.ts';
import { startHarness, type Harness } from '../test-support/gateway-harness.ts';
import { createTestClock } from '../test-support/test-clock.ts';

/** Time stands still, so nothing refills. */
describe('a flood of keys that do not work', () => {
  let gateway: Harness;
  beforeAll(async () => {
    gateway = await startHarness({ scripts: [say(['x'])], trustedProxies: ['127.0.0.1'], parts: { clock: createTestClock() } });
  });
  afterAll(() => gateway.close());

  const get = (key: string, clientIp: string) =>
    fetch(`${gateway.url}/v1/models`, { headers: { authorization: `Bearer ${key}`, 'x-forwarded-for': clientIp } });

  async function flood(clientIp: string, times: number, key: () => string): Promise<number[]> {
    const statuses: number[] = [];
    for (let i = 0; i < times; i += 20) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => get(key(), clientIp)));
      statuses.push(...answers.map(({ status }) => status));
      await Promise.all(answers.map((answer) => answer.text()));
    }
    return statuses;
  }

  test('is answered 401 sixty times, then 429 with a wait, and not looked up', async () => {
    const lookupsBefore = gateway.keys.lookups;
    const statuses = await flood('203.0.113.1', 200, () => generateApiKey().plaintext);
    expect(statuses.filter((status) => status === 401)).toHaveLength(60);
    expect(statuses.filter((status) => status === 429)).toHaveLength(140);
    expect(gateway.keys.lookups - lookupsBefore).toBe(60);
    const response = await get(generateApiKey().plaintext, '203.0.113.1');
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await errorOf(response)).toMatchObject({ status: 429, code: 'too_many_failures' });
    expect(await gateway.metrics()).toContain('sluice_gateway_auth_failures_total{reason="too_many_failures"}');
  });

  test('stops no key that was seen working from the same address', async () => {
    const key = gateway.keys.issue();
    expect((await get(key, '203.0.113.2')).status).toBe(200);
    await flood('203.0.113.2', 100, () => 'garbage');
    expect((await get(key, '203.0.113.2')).status).toBe(200);
  });

  test('stops no new key from another address', async () => {
    await flood('203.0.113.3', 100, () => 'garbage');
    expect((await get(gateway.keys.issue(), '203.0.113.4')).status).toBe(200);
  });

  test('from many addresses reaches the store a bounded number of times', async () => {
    const lookupsBefore = gateway.keys.lookups;
    for (let i = 0; i < 30; i++) await flood(`198.51.100.${i}`, 20, () => generateApiKey().plaintext);
    expect(gateway.keys.lookups - lookupsBefore).toBeLessThan(500);
  });
});
