import { describe, expect, test } from '@jest/globals';
import { failWith, say } from '@sluice/testing/scripts';
import { until } from '@sluice/testing/until';
import { startHarness, type Harness } from '../../test-support/gateway-harness.ts';

const PATH = '/v1/chat/completions';
const BODY = { model: 'scripted', messages: [{ role: 'user', content: 'hi' }] };

async function ask(gateway: Harness): Promise<{ status: number; code: unknown; retryAfter: string | null }> {
  const response = await gateway.post(PATH, BODY);
  const { error } = (await response.json()) as { error: { code: string } };
  return { status: response.status, code: error.code, retryAfter: response.headers.get('retry-after') };
}

describe('POST /v1/chat/completions answers 503, with the time to come back,', () => {
  test('while the model loads', async () => {
    await using gateway = await startHarness({ scripts: [say(['x'])] });
    gateway.runtime.setStatus({ state: 'LOADING' });
    await until(async () => (await fetch(`${gateway.url}/readyz`)).status === 503);
    expect(await ask(gateway)).toEqual({ status: 503, code: 'model_not_ready', retryAfter: '1' });
  });

  test('while the only worker drains', async () => {
    await using gateway = await startHarness({ scripts: [say(['x'])] });
    gateway.runtime.setStatus({ state: 'DRAINING' });
    await until(async () => (await fetch(`${gateway.url}/readyz`)).status === 503);
    expect(await ask(gateway)).toEqual({ status: 503, code: 'no_worker_available', retryAfter: '1' });
    expect(gateway.runtime.requestIds).toEqual([]);
  });

  test('when every worker is full', async () => {
    const full = failWith('SERVER_OVERLOADED', 'The queue is full.');
    await using gateway = await startHarness({ scripts: [full, full] });
    expect(await ask(gateway)).toEqual({ status: 503, code: 'server_is_overloaded', retryAfter: '1' });
    expect(gateway.runtimes.map(({ requestIds }) => requestIds.length)).toEqual([1, 1]);
  });

  test('when the key store is away and the key was not seen lately', async () => {
    await using gateway = await startHarness({ scripts: [say(['x'])] });
    gateway.keys.failure = new Error('connection refused');
    expect(await ask(gateway)).toEqual({ status: 503, code: 'store_unavailable', retryAfter: '1' });
  });

  test('but not when the key is known already: it goes on working without the store', async () => {
    await using gateway = await startHarness({ scripts: [say(['x'])] });
    expect((await gateway.post(PATH, BODY)).status).toBe(200);
    gateway.keys.failure = new Error('connection refused');
    expect((await gateway.post(PATH, BODY)).status).toBe(200);
  });

  test('when more requests are in flight than the gateway may hold', async () => {
    const refused = Promise.withResolvers<void>();
    await using gateway = await startHarness({ scripts: [say(['x'])], parts: { inFlightMax: 1 } });
    gateway.runtime.script = async (request, run) => {
      await refused.promise;
      return say(['x'])(request, run);
    };
    const first = gateway.post(PATH, BODY);
    await until(() => gateway.runtime.running === 1);
    expect((await gateway.post(PATH, BODY)).status).toBe(503);
    refused.resolve();
    expect((await first).status).toBe(200);
    // The one that was let in is settled, so there is room again.
    expect((await gateway.post(PATH, BODY)).status).toBe(200);
  });
});
