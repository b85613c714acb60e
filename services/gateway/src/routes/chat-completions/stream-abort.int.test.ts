import { describe, expect, test } from '@jest/globals';
import { say, sayForever } from '@sluice/testing/scripts';
import { until } from '@sluice/testing/until';
import { startHarness } from '../../test-support/gateway-harness.ts';
import { createScriptedLimiter } from '../../test-support/scripted-limiter.ts';

const BODY = { model: 'scripted', messages: [{ role: 'user' as const, content: 'hi' }] };

describe('a client that leaves', () => {
  test.each([1, 2, 5])('after token %i frees its slot and has exactly what was generated in its history row', async (count) => {
    await using gateway = await startHarness({ scripts: [sayForever(5)] });
    const stream = await gateway.client.chat.completions.create({ ...BODY, stream: true });
    let tokens = 0;
    for await (const { choices } of stream) {
      if (choices[0]?.delta.content && ++tokens === count) break;
    }
    await until(() => gateway.runtime.running === 0);
    const row = await gateway.onlyRow();
    expect(row).toMatchObject({ outcome: 'cancelled', statusCode: 200, stream: true, promptTokens: 7, errorCode: null });
    expect(gateway.runtime.cancelledIds).toEqual([row.requestId]);
    // What had left the worker before the cancel reached it counts, whether it was read or not.
    expect(row.completionTokens).toBe(gateway.runtime.tokensOf(row.requestId));
    expect(row.completionTokens).toBeGreaterThanOrEqual(count);
  });

  test('before the first token frees its slot too', async () => {
    await using gateway = await startHarness({ scripts: [say(['late'], { pauseMs: 60_000 })] });
    const controller = new AbortController();
    const call = gateway.client.chat.completions.create({ ...BODY, stream: true }, { signal: controller.signal });
    await until(() => gateway.runtime.running === 1);
    controller.abort();
    await expect(call).rejects.toThrow('Request was aborted.');
    await until(() => gateway.runtime.running === 0);
    expect(await gateway.onlyRow()).toMatchObject({ outcome: 'cancelled', statusCode: 499, completionTokens: 0 });
  });

  test('frees its slot when it did not ask for a stream, too', async () => {
    await using gateway = await startHarness({ scripts: [sayForever(5)] });
    const controller = new AbortController();
    const call = gateway.client.chat.completions.create(BODY, { signal: controller.signal });
    await until(() => gateway.runtime.running === 1);
    controller.abort();
    await expect(call).rejects.toThrow('Request was aborted.');
    await until(() => gateway.runtime.running === 0);
    const row = await gateway.onlyRow();
    expect(row).toMatchObject({ outcome: 'cancelled', stream: false });
    expect(row.completionTokens).toBe(gateway.runtime.tokensOf(row.requestId));
  });

  test('is settled once, with the usage that the worker confirmed', async () => {
    const limiter = createScriptedLimiter();
    await using gateway = await startHarness({ scripts: [sayForever(5)], parts: { limiter } });
    const stream = await gateway.client.chat.completions.create({ ...BODY, stream: true });
    for await (const { choices } of stream) if (choices[0]?.delta.content) break;
    const row = await gateway.onlyRow();
    expect(limiter.settlements.map(({ settlement }) => settlement.completionTokens)).toEqual([row.completionTokens]);
  });
});
