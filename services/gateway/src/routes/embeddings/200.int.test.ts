import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { EmbedRequest__Output } from '@sluice/proto/v1/EmbedRequest';
import { pack, plainCalls } from '@sluice/testing/scripted-calls';
import { say } from '@sluice/testing/scripts';
import { startHarness, type Harness } from '../../test-support/gateway-harness.ts';
import { createScriptedLimiter } from '../../test-support/scripted-limiter.ts';

const PATH = '/v1/embeddings';
const BODY = { model: 'scripted', input: 'hello' };

describe('POST /v1/embeddings answers 200', () => {
  let gateway: Harness;
  const asked: EmbedRequest__Output[] = [];
  beforeAll(async () => {
    gateway = await startHarness({ scripts: [say([])], tasks: { scripted: ['embed'] } });
    gateway.runtime.calls = {
      ...plainCalls,
      embed: (request, signal) => {
        asked.push(request);
        return plainCalls.embed(request, signal);
      },
    };
  });
  afterAll(() => gateway.close());
  beforeEach(() => void asked.splice(0));

  test('with every byte as OpenAI writes it', async () => {
    const response = await gateway.post(PATH, { ...BODY, input: ['hello', 'you'] });
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.text()).toBe(
      '{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0,5,0.5,-0.5]},{"object":"embedding","index":1,"embedding":[1,3,0.5,-0.5]}],"model":"scripted","usage":{"prompt_tokens":8,"total_tokens":8}}',
    );
  });

  test('to the official SDK, which asks for base64 and decodes it', async () => {
    const { data, usage } = await gateway.client.embeddings.create({ ...BODY, input: ['hello', 'you'] });
    expect(data).toEqual([
      { object: 'embedding', index: 0, embedding: [0, 5, 0.5, -0.5] },
      { object: 'embedding', index: 1, embedding: [1, 3, 0.5, -0.5] },
    ]);
    expect(usage).toEqual({ prompt_tokens: 8, total_tokens: 8 });
  });

  test.each([
    ['float', [0, 5, 0.5, -0.5]],
    ['base64', pack([0, 5, 0.5, -0.5]).toString('base64')],
  ] as const)('in the format that it is asked for: %s', async (format, expected) => {
    const { data } = await gateway.client.embeddings.create({ ...BODY, encoding_format: format });
    expect(data[0]?.embedding).toEqual(expected);
  });

  test.each([
    ['a text', 'hello', [{ text: 'hello' }]],
    ['texts', ['hello', 'you'], [{ text: 'hello' }, { text: 'you' }]],
    ['token ids', [1, 2, 3], [{ ids: [1, 2, 3] }]],
    ['lists of token ids', [[1, 2], [3]], [{ ids: [1, 2] }, { ids: [3] }]],
  ])('to %s', async (_what, input, expected) => {
    const { data } = await gateway.client.embeddings.create({ ...BODY, input });
    expect(data).toHaveLength(expected.length);
    expect(asked[0]?.inputs.map(({ text, tokenIds }) => (tokenIds ? { ids: tokenIds.ids } : { text }))).toEqual(expected);
  });

  test('with as many dimensions as are asked for', async () => {
    const { data } = await gateway.client.embeddings.create({ ...BODY, dimensions: 2 });
    expect(data[0]?.embedding).toEqual([0, 5]);
    expect(asked[0]?.dimensions).toBe(2);
  });

  test('with 2,048 inputs, in their order', async () => {
    const { data } = await gateway.client.embeddings.create({ ...BODY, input: Array.from({ length: 2_048 }, () => 'x') });
    expect(data.map(({ index, embedding }) => [index, embedding[0]])).toEqual(Array.from({ length: 2_048 }, (_, i) => [i, i]));
  });

  test('to vectors that come as numbers', async () => {
    await using fresh = await startHarness({ scripts: [say([])] });
    fresh.runtime.calls = { ...plainCalls, embed: () => ({ embeddings: [{ values: [0.25, -1] }], promptTokens: 1 }) };
    const { data } = await fresh.client.embeddings.create(BODY);
    expect(data[0]?.embedding).toEqual([0.25, -1]);
  });

  test('and has its row in the history, its price without completion, and its settlement', async () => {
    const limiter = createScriptedLimiter();
    const price = { inputMicroUsd: 20_000, cachedInputMicroUsd: 1_000, outputMicroUsd: 5_000_000 };
    const parts = { limiter, priceStore: { readAll: async () => new Map([['scripted', price]]) } };
    await using fresh = await startHarness({ scripts: [say([])], parts });
    await fresh.client.embeddings.create({ ...BODY, user: 'me' });
    expect(await fresh.onlyRow()).toMatchObject({
      endpoint: 'embeddings',
      model: 'scripted',
      outcome: 'completed',
      statusCode: 200,
      finishReason: null,
      promptTokens: 5,
      completionTokens: 0,
      costNanoUsd: 100,
      stream: false,
      tries: 1,
      ttftMs: null,
      worker: fresh.runtime.address,
    });
    expect(limiter.settlements.map(({ settlement }) => settlement)).toMatchObject([
      { promptTokens: 5, completionTokens: 0, refundsRequest: false },
    ]);
  });
});
