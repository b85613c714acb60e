import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Fault } from '@sluice/platform/fault';
import { plainCalls } from '@sluice/testing/scripted-calls';
import { say } from '@sluice/testing/scripts';
import { declaredParameters } from '../../test-support/openai-parameters.ts';
import { errorOf } from '../../test-support/error-of.ts';
import { startHarness, type Harness } from '../../test-support/gateway-harness.ts';
import { embeddingSchema } from './schema.ts';

const PATH = '/v1/embeddings';
const BODY = { model: 'embedder', input: 'hello' };

describe('POST /v1/embeddings', () => {
  let gateway: Harness;
  beforeAll(async () => {
    gateway = await startHarness({
      scripts: [say(['x'])],
      models: ['embedder', 'writer'],
      tasks: { embedder: ['embed'], writer: ['generate'] },
      adapters: ['law'],
    });
  });
  afterAll(() => gateway.close());
  beforeEach(() => {
    gateway.runtime.calls = plainCalls;
  });

  test('knows every parameter of the pinned openai package', () => {
    const declared = declaredParameters('resources/embeddings.d.ts', 'EmbeddingCreateParams');
    expect(declared.length).toBeGreaterThan(3);
    expect(declared.filter((name) => !(name in embeddingSchema.shape))).toEqual([]);
  });

  test.each([
    [{ input: undefined }, 'missing_required_parameter', 'input'],
    [{ input: [] }, 'empty_array', 'input'],
    [{ input: [[]] }, 'empty_array', 'input[0]'],
    [{ input: 5 }, 'invalid_type', 'input'],
    [{ input: ['a', 5] }, 'invalid_type', 'input[1]'],
    [{ input: [1, 'a'] }, 'invalid_type', 'input[1]'],
    [{ input: Array.from({ length: 2_049 }, () => 'x') }, 'array_above_max_length', 'input'],
    [{ model: undefined }, 'missing_required_parameter', 'model'],
    [{ encoding_format: 'binary' }, 'invalid_value', 'encoding_format'],
    [{ dimensions: 0 }, 'integer_below_min_value', 'dimensions'],
    [{ truncate: true }, 'unknown_parameter', 'truncate'],
  ])('answers 400 to %j by name: %s, %s', async (change, code, param) => {
    expect(await errorOf(await gateway.post(PATH, { ...BODY, ...change }))).toMatchObject({ status: 400, code, param });
  });

  test('answers 400 to what the model cannot read, by its place', async () => {
    gateway.runtime.calls = {
      ...plainCalls,
      embed: () => {
        throw new Fault('CONTEXT_LENGTH_EXCEEDED', { message: 'too long', param: 'input[3]' });
      },
    };
    expect(await errorOf(await gateway.post(PATH, BODY))).toMatchObject({
      status: 400,
      code: 'context_length_exceeded',
      param: 'input[3]',
    });
  });

  test('answers 400 to an adapter, which would change nothing', async () => {
    const before = gateway.runtime.requestIds.length;
    expect(await errorOf(await gateway.post(PATH, { ...BODY, model: 'embedder:law' }))).toMatchObject({
      status: 400,
      code: 'unsupported_value',
      param: 'model',
      message: expect.stringContaining('`embedder:law` names an adapter'),
    });
    expect(gateway.runtime.requestIds).toHaveLength(before);
  });

  test('answers 400 to a model that does not embed, and says what it does, as other routes do to one that does', async () => {
    expect(await errorOf(await gateway.post(PATH, { ...BODY, model: 'writer' }))).toEqual({
      status: 400,
      type: 'invalid_request_error',
      code: 'unsupported_value',
      param: 'model',
      message: 'The model `writer` does not embed: it generates text (/v1/chat/completions).',
    });
    const chat = { model: 'embedder', messages: [{ role: 'user', content: 'hi' }] };
    for (const [path, body] of [
      ['/v1/chat/completions', chat],
      ['/v1/completions', { model: 'embedder', prompt: 'hi' }],
      ['/v1/rerank', { model: 'embedder', query: 'a', documents: ['b'] }],
    ] as const) {
      const error = await errorOf(await gateway.post(path, body));
      expect(error).toMatchObject({ status: 400, code: 'unsupported_value', param: 'model' });
      expect(error.message).toContain('it embeds (/v1/embeddings)');
    }
  });

  test('answers 401 without a key', async () => {
    expect((await fetch(`${gateway.url}${PATH}`, { method: 'POST', body: '{}' })).status).toBe(401);
  });

  test('answers 403 to a key for chats only', async () => {
    const key = gateway.keys.issue({ scopes: new Set(['chat.completions']) });
    expect(await errorOf(await gateway.post(PATH, BODY, { authorization: `Bearer ${key}` }))).toMatchObject({
      status: 403,
      code: 'insufficient_permissions',
    });
  });

  test('answers 404 for a model that no worker has', async () => {
    expect(await errorOf(await gateway.post(PATH, { ...BODY, model: 'gpt-9' }))).toMatchObject({ status: 404, code: 'model_not_found' });
  });

  test('answers 429 when the quota pays for less, as the worker finds', async () => {
    gateway.runtime.calls = {
      ...plainCalls,
      embed: () => {
        throw new Fault('INSUFFICIENT_QUOTA', { message: 'You exceeded your current quota.' });
      },
    };
    expect(await errorOf(await gateway.post(PATH, BODY))).toMatchObject({ status: 429, code: 'insufficient_quota' });
  });
});
