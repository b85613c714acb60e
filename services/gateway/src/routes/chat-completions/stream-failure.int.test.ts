import { describe, expect, test } from '@jest/globals';
import { crashAfter, failWith, say } from '@sluice/testing/scripts';
import type { Script } from '@sluice/testing/scripted-session';
import { APIError } from 'openai';
import { collect } from '../../test-support/collect.ts';
import { errorOf } from '../../test-support/error-of.ts';
import { startHarness } from '../../test-support/gateway-harness.ts';
import { sseData } from '../../test-support/sse.ts';

const PATH = '/v1/chat/completions';
const BODY = { model: 'scripted', messages: [{ role: 'user' as const, content: 'hi' }] };

describe('a worker that dies in mid-stream', () => {
  test('is an error event and then [DONE], never a silent end', async () => {
    await using gateway = await startHarness({ scripts: [crashAfter(['Hel', 'lo'])] });
    const response = await gateway.post(PATH, { ...BODY, stream: true });
    expect(response.status).toBe(200);
    const data = sseData(await response.text());
    expect(data.at(-1)).toBe('[DONE]');
    expect(JSON.parse(data.at(-2) ?? '')).toEqual({
      id: expect.stringMatching(/^chatcmpl-/),
      object: 'chat.completion.chunk',
      created: expect.any(Number),
      model: 'scripted',
      service_tier: 'default',
      system_fingerprint: null,
      choices: [{ index: 0, delta: {}, finish_reason: 'error' }],
      error: {
        message: 'The connection to the inference worker was lost.',
        type: 'server_error',
        param: null,
        code: 'upstream_disconnected',
      },
    });
    expect(await gateway.onlyRow()).toMatchObject({
      outcome: 'failed',
      statusCode: 200,
      errorCode: 'upstream_disconnected',
      promptTokens: 7,
      completionTokens: 2,
    });
  });

  test('makes the official SDK throw', async () => {
    await using gateway = await startHarness({ scripts: [crashAfter(['Hel', 'lo'])] });
    const stream = await gateway.client.chat.completions.create({ ...BODY, stream: true });
    await expect(collect(stream)).rejects.toBeInstanceOf(APIError);
  });

  test('is a 502 for a client that did not ask for a stream', async () => {
    await using gateway = await startHarness({ scripts: [crashAfter(['Hel', 'lo'])] });
    expect(await errorOf(await gateway.post(PATH, BODY))).toMatchObject({
      status: 502,
      type: 'server_error',
      code: 'upstream_disconnected',
    });
  });

  test('is never tried again, for the client has seen tokens', async () => {
    await using gateway = await startHarness({ scripts: [crashAfter(['a']), crashAfter(['a'])] });
    await (await gateway.post(PATH, { ...BODY, stream: true })).text();
    expect(gateway.runtimes.flatMap(({ requestIds }) => requestIds)).toHaveLength(1);
  });
});

describe('a worker that fails before the first token', () => {
  const crash: Script = (_request, run) => {
    run.start(7);
    setImmediate(() => run.crash());
  };

  test.each([true, false])('is replaced by another, unseen by the client (stream: %s)', async (stream) => {
    await using gateway = await startHarness({ scripts: [crash, say(['fine'])] });
    // The other one looks busier, so the one that crashes is tried first.
    gateway.runtimes[1]?.setStatus({ queueDepth: 40 });
    await gateway.settled();
    const response = await gateway.post(PATH, { ...BODY, stream });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('"content":"fine"');
    expect(gateway.runtimes.map(({ requestIds }) => requestIds.length)).toEqual([1, 1]);
    expect(await gateway.metrics()).toContain('sluice_gateway_failovers_total 1');
    expect(await gateway.onlyRow()).toMatchObject({ outcome: 'completed', completionTokens: 1 });
  });

  test('is asked again when it is the only one and comes back in time', async () => {
    await using gateway = await startHarness({ scripts: [crash] });
    gateway.runtime.script = (request, run) => {
      gateway.runtime.script = say(['back']);
      return crash(request, run);
    };
    const answer = await gateway.post(PATH, { ...BODY, stream: true });
    expect(await answer.text()).toContain('"content":"back"');
    expect(gateway.runtime.requestIds).toHaveLength(2);
  });

  test('keeps its real status when nobody can take over', async () => {
    await using gateway = await startHarness({ scripts: [crash, crash, crash, crash] });
    expect(await errorOf(await gateway.post(PATH, { ...BODY, stream: true }))).toMatchObject({
      status: 502,
      code: 'upstream_disconnected',
    });
    expect(gateway.runtimes.flatMap(({ requestIds }) => requestIds)).toHaveLength(3);
  });

  test('is not replaced when the request itself is at fault', async () => {
    const refuse = failWith('CONTEXT_LENGTH_EXCEEDED', 'too long');
    await using gateway = await startHarness({ scripts: [refuse, refuse] });
    expect((await gateway.post(PATH, BODY)).status).toBe(400);
    expect(gateway.runtimes.flatMap(({ requestIds }) => requestIds)).toHaveLength(1);
  });

  test('is answered as a server error without its text when it says what nobody knows', async () => {
    await using gateway = await startHarness({ scripts: [failWith('NO_SUCH_CODE', 'secret detail')] });
    const error = await errorOf(await gateway.post(PATH, BODY));
    expect(error).toMatchObject({ status: 500, type: 'server_error', code: null });
    expect(error.message).not.toContain('secret');
  });
});
