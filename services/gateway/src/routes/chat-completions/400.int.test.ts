import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { failWith, say } from '@sluice/testing/scripts';
import { BadRequestError } from 'openai';
import { errorOf } from '../../test-support/error-of.ts';
import { startHarness, type Harness } from '../../test-support/gateway-harness.ts';

const PATH = '/v1/chat/completions';
const BODY = { model: 'scripted', messages: [{ role: 'user' as const, content: 'hi' }] };

describe('POST /v1/chat/completions answers 400 to what cannot be understood:', () => {
  let gateway: Harness;
  beforeAll(async () => {
    gateway = await startHarness({ scripts: [say(['x'])] });
  });
  afterAll(() => gateway.close());

  test('malformed JSON, without quoting it', async () => {
    const error = await errorOf(await gateway.post(PATH, '{"messages": [secret'));
    expect(error).toMatchObject({ status: 400, type: 'invalid_request_error', param: null, code: 'invalid_json' });
    expect(error.message).toMatch(/^We could not parse the JSON body of your request\./);
    expect(error.message).not.toContain('secret');
  });

  test('a body that is not UTF-8', async () => {
    const response = await fetch(`${gateway.url}${PATH}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.apiKey}`, 'content-type': 'application/json' },
      body: Buffer.from([0x22, 0xff, 0xfe, 0x22]),
    });
    expect(await errorOf(response)).toMatchObject({ status: 400, code: 'invalid_json' });
  });

  test('a wrong type, which the official SDK throws as BadRequestError', async () => {
    // The SDK's types forbid it, so it goes in as what JSON.parse gives.
    const call = gateway.client.chat.completions.create(JSON.parse('{"model":"scripted","messages":"hi"}'));
    await expect(call).rejects.toBeInstanceOf(BadRequestError);
    await expect(call).rejects.toMatchObject({ status: 400, code: 'invalid_type', param: 'messages', type: 'invalid_request_error' });
  });

  test('no body at all, naming the first parameter that is missing', async () => {
    const response = await fetch(`${gateway.url}${PATH}`, { method: 'POST', headers: { authorization: `Bearer ${gateway.apiKey}` } });
    expect(await errorOf(response)).toMatchObject({ status: 400, code: 'missing_required_parameter', param: 'messages' });
  });

  test('a prompt that is longer than the context, in the words of the worker', async () => {
    const message = "This model's maximum context length is 2048 tokens. However, your messages resulted in 9000 tokens.";
    gateway.runtime.script = failWith('CONTEXT_LENGTH_EXCEEDED', message, 'messages');
    expect(await errorOf(await gateway.post(PATH, { ...BODY, stream: true }))).toEqual({
      status: 400,
      message,
      type: 'invalid_request_error',
      param: 'messages',
      code: 'context_length_exceeded',
    });
  });
});
