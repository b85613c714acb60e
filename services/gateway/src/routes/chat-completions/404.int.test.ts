import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { say } from '@sluice/testing/scripts';
import { NotFoundError } from 'openai';
import { startHarness, type Harness } from '../../test-support/gateway-harness.ts';

const PATH = '/v1/chat/completions';
const BODY = { model: 'scripted', messages: [{ role: 'user' as const, content: 'hi' }] };

describe('POST /v1/chat/completions answers 404 to what is not there:', () => {
  let gateway: Harness;
  beforeAll(async () => {
    gateway = await startHarness({ scripts: [say(['x'])] });
  });
  afterAll(() => gateway.close());

  test('a model that no worker has, as NotFoundError', async () => {
    const call = gateway.client.chat.completions.create({ ...BODY, model: 'gpt-9' });
    await expect(call).rejects.toBeInstanceOf(NotFoundError);
    await expect(call).rejects.toMatchObject({ code: 'model_not_found', param: null });
    await expect(call).rejects.toThrow('The model `gpt-9` does not exist or you do not have access to it.');
  });

  test('a metered request in its history row, and the others not at all', async () => {
    await using fresh = await startHarness({ scripts: [say(['x'])] });
    await fresh.post(PATH, BODY, { authorization: 'Bearer nonsense' });
    await fresh.post(PATH, { ...BODY, model: 'no\u0000ne' });
    expect(await fresh.onlyRow()).toMatchObject({
      statusCode: 404,
      outcome: 'refused',
      errorCode: 'model_not_found',
      model: 'none',
      completionTokens: 0,
    });
  });
});
