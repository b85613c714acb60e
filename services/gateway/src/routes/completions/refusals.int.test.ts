import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { crashAfter, failWith, say } from '@sluice/testing/scripts';
import { errorOf } from '../../test-support/error-of.ts';
import { startHarness, type Harness } from '../../test-support/gateway-harness.ts';
import { sseData } from '../../test-support/sse.ts';

const PATH = '/v1/completions';
const BODY = { model: 'scripted', prompt: 'Once upon' };

describe('POST /v1/completions', () => {
  let gateway: Harness;
  beforeAll(async () => {
    gateway = await startHarness({ scripts: [say(['x'])] });
  });
  afterAll(() => gateway.close());

  test('answers 400 to what it does not support, by name', async () => {
    const error = await errorOf(await gateway.post(PATH, { ...BODY, suffix: 'x' }));
    expect(error).toMatchObject({ status: 400, code: 'unsupported_parameter', param: 'suffix' });
  });

  test('answers 400 to a prompt that is longer than the context', async () => {
    gateway.runtime.script = failWith('CONTEXT_LENGTH_EXCEEDED', 'too long', 'prompt');
    expect(await errorOf(await gateway.post(PATH, BODY))).toMatchObject({ status: 400, code: 'context_length_exceeded', param: 'prompt' });
  });

  test('answers 401 without a key', async () => {
    expect((await fetch(`${gateway.url}${PATH}`, { method: 'POST', body: '{}' })).status).toBe(401);
  });

  test('answers 403 to a key for chats only', async () => {
    const key = gateway.keys.issue({ scopes: new Set(['chat.completions']) });
    expect((await gateway.post(PATH, BODY, { authorization: `Bearer ${key}` })).status).toBe(403);
  });

  test('answers 404 for a model that no worker has', async () => {
    expect(await errorOf(await gateway.post(PATH, { ...BODY, model: 'gpt-9' }))).toMatchObject({ status: 404, code: 'model_not_found' });
  });

  test('tells of a worker that died in mid-stream, in its own shape', async () => {
    gateway.runtime.script = crashAfter([' a']);
    const data = sseData(await (await gateway.post(PATH, { ...BODY, stream: true })).text());
    expect(data.at(-1)).toBe('[DONE]');
    expect(JSON.parse(data.at(-2) ?? '')).toMatchObject({
      object: 'text_completion',
      choices: [{ text: '', index: 0, logprobs: null, finish_reason: 'error' }],
      error: { code: 'upstream_disconnected' },
    });
  });
});
