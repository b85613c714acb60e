import { describe, expect, test } from '@jest/globals';
import { Fault } from '@sluice/platform/fault';
import { plainCalls, type ScriptedCalls } from '@sluice/testing/scripted-calls';
import { say } from '@sluice/testing/scripts';
import { until } from '@sluice/testing/until';
import { errorOf } from '../../test-support/error-of.ts';
import { startHarness } from '../../test-support/gateway-harness.ts';
import { createScriptedLimiter } from '../../test-support/scripted-limiter.ts';

const PATH = '/v1/embeddings';
const BODY = { model: 'scripted', input: 'hello' };

/** Answers nothing until its caller has left; by then it has read this many tokens. */
function hang(spentTokens: number): ScriptedCalls {
  return {
    ...plainCalls,
    embed: (_request, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Fault('UPSTREAM_DISCONNECTED', { message: 'left', spentTokens })));
      }),
  };
}

function failing(code: 'SERVER_OVERLOADED' | 'UPSTREAM_DISCONNECTED'): ScriptedCalls {
  return {
    ...plainCalls,
    embed: () => {
      throw new Fault(code, { message: 'not now' });
    },
  };
}

describe('an embedding', () => {
  test('is asked of the least loaded worker', async () => {
    await using gateway = await startHarness({ scripts: [say([]), say([])] });
    gateway.runtimes[0]?.setStatus({ slotsBusy: 6 });
    await gateway.settled();
    for (let i = 0; i < 4; i++) await gateway.client.embeddings.create(BODY);
    expect(gateway.runtimes.map(({ requestIds }) => requestIds.length)).toEqual([0, 4]);
  });

  test('is asked of another worker when the first one cannot', async () => {
    await using gateway = await startHarness({ scripts: [say([]), say([])] });
    gateway.runtimes[0]?.setStatus({ slotsBusy: 0 });
    gateway.runtimes[1]?.setStatus({ slotsBusy: 6 });
    await gateway.settled();
    const [first] = gateway.runtimes;
    if (first) first.calls = failing('SERVER_OVERLOADED');
    expect((await gateway.client.embeddings.create(BODY)).data).toHaveLength(1);
    expect(await gateway.onlyRow()).toMatchObject({ tries: 2, outcome: 'completed', worker: gateway.runtimes[1]?.address });
    expect(await gateway.metrics()).toMatch(/sluice_gateway_failovers_total 1/);
  });

  test('fails as its worker does when every worker does', async () => {
    await using gateway = await startHarness({ scripts: [say([]), say([])] });
    for (const runtime of gateway.runtimes) runtime.calls = failing('SERVER_OVERLOADED');
    expect(await errorOf(await gateway.post(PATH, BODY))).toMatchObject({ status: 503, code: 'server_is_overloaded' });
    expect(gateway.runtimes.map(({ requestIds }) => requestIds.length)).toEqual([1, 1]);
  });

  test('waits for the only worker when that died, and is asked again when it is back', async () => {
    await using gateway = await startHarness({ scripts: [say([])] });
    const dead = failing('UPSTREAM_DISCONNECTED');
    gateway.runtime.calls = {
      ...plainCalls,
      embed: (request, signal) => {
        gateway.runtime.calls = plainCalls;
        return dead.embed(request, signal);
      },
    };
    expect((await gateway.client.embeddings.create(BODY)).data).toHaveLength(1);
    expect(await gateway.onlyRow()).toMatchObject({ tries: 2, outcome: 'completed' });
  });

  test('that failed on our side is refunded', async () => {
    const limiter = createScriptedLimiter();
    await using gateway = await startHarness({ scripts: [say([])], parts: { limiter } });
    gateway.runtime.calls = failing('SERVER_OVERLOADED');
    expect((await gateway.post(PATH, BODY)).status).toBe(503);
    expect(limiter.settlements.map(({ settlement }) => settlement)).toMatchObject([{ promptTokens: 0, refundsRequest: true }]);
  });

  test('that failed after some of it was read is told so in the history', async () => {
    await using gateway = await startHarness({ scripts: [say([])] });
    gateway.runtime.calls = {
      ...plainCalls,
      embed: () => Promise.reject(new Fault('INTERNAL', { message: 'broken', spentTokens: 3 })),
    };
    expect((await gateway.post(PATH, BODY)).status).toBe(500);
    expect(await gateway.onlyRow()).toMatchObject({ outcome: 'failed', promptTokens: 3 });
  });

  test('is ended at the worker when its client leaves, who pays for what was read', async () => {
    const limiter = createScriptedLimiter();
    await using gateway = await startHarness({ scripts: [say([])], parts: { limiter } });
    gateway.runtime.calls = hang(5);
    const controller = new AbortController();
    const call = gateway.client.embeddings.create(BODY, { signal: controller.signal });
    await until(() => gateway.runtime.requestIds.length === 1);
    controller.abort();
    await expect(call).rejects.toThrow('Request was aborted.');
    const row = await gateway.onlyRow();
    expect(row).toMatchObject({ outcome: 'cancelled', statusCode: 499, promptTokens: 5 });
    expect(gateway.runtime.cancelledIds).toEqual([row.requestId]);
    expect(limiter.settlements.map(({ settlement }) => settlement)).toMatchObject([{ promptTokens: 5 }]);
  });

  test('reserves for all of its inputs and is held to what was granted', async () => {
    const limiter = createScriptedLimiter();
    await using gateway = await startHarness({ scripts: [say([])], parts: { limiter } });
    const bounds: unknown[] = [];
    gateway.runtime.calls = {
      ...plainCalls,
      embed: (request, signal) => {
        bounds.push(request.totalTokensMax, request.inputTokensMax);
        return plainCalls.embed(request, signal);
      },
    };
    limiter.answers.push({ kind: 'granted', buckets: [], outputTokens: 0, totalTokens: 77, isRoomy: false });
    await gateway.client.embeddings.create({ ...BODY, input: ['a', 'b'] });
    expect(limiter.demands.find(({ takes }) => takes)?.outputTokens).toBe(0);
    expect(bounds).toEqual([77, undefined]);
  });
});
