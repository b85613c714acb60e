import { describe, expect, test } from '@jest/globals';
import { say } from '@sluice/testing/scripts';
import { until } from '@sluice/testing/until';
import { startHarness, type Harness } from '../../test-support/gateway-harness.ts';

async function readiness(gateway: Harness): Promise<unknown> {
  const response = await fetch(`${gateway.url}/readyz`);
  const body: unknown = await response.json();
  return { status: response.status, body };
}

describe('GET /readyz', () => {
  test('answers 200 when a worker is ready and the key store has answered', async () => {
    await using gateway = await startHarness({ scripts: [say(['x'])] });
    expect(await readiness(gateway)).toEqual({
      status: 200,
      body: { status: 'ready', checks: { workers: true, keyStore: true, accepting: true } },
    });
  });

  test('answers 503 while no worker is ready, and 200 again when one is', async () => {
    await using gateway = await startHarness({ scripts: [say(['x'])] });
    gateway.runtime.setStatus({ state: 'LOADING' });
    await until(async () => (await fetch(`${gateway.url}/readyz`)).status === 503);
    gateway.runtime.setStatus({ state: 'READY' });
    await until(async () => (await fetch(`${gateway.url}/readyz`)).status === 200);
  });

  test('answers 503 until the key store has answered once', async () => {
    await using gateway = await startHarness({ scripts: [say(['x'])] });
    gateway.keys.failure = new Error('connection refused');
    expect(await readiness(gateway)).toMatchObject({ status: 503, body: { checks: { workers: true, keyStore: false } } });
    gateway.keys.failure = undefined;
    await until(async () => (await fetch(`${gateway.url}/readyz`)).status === 200);
  });
});

describe('GET /healthz', () => {
  test('answers 200 whatever else is away', async () => {
    await using gateway = await startHarness({ scripts: [say(['x'])] });
    gateway.keys.failure = new Error('connection refused');
    gateway.runtime.setStatus({ state: 'FAILED' });
    const response = await fetch(`${gateway.url}/healthz`);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('{"status":"ok"}');
  });
});
