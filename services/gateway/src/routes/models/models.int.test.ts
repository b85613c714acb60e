import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { say } from '@sluice/testing/scripts';
import { NotFoundError } from 'openai';
import { collect } from '../../test-support/collect.ts';
import { errorOf } from '../../test-support/error-of.ts';
import { startHarness, type Harness } from '../../test-support/gateway-harness.ts';

const MODELS = ['scripted', 'hf:Qwen/Qwen3-0.6B-GGUF:Q8_0'];
const SCRIPTED = {
  id: 'scripted',
  object: 'model',
  created: 1_700_000_000,
  owned_by: 'sluice',
  sluice: { context_tokens_max: 2_048, ready: true },
};

describe('GET /v1/models', () => {
  let gateway: Harness;
  beforeAll(async () => {
    gateway = await startHarness({ scripts: [say(['x']), say(['x'])], models: MODELS });
  });
  afterAll(() => gateway.close());

  const get = (path: string, headers: Record<string, string> = { authorization: `Bearer ${gateway.apiKey}` }) =>
    fetch(`${gateway.url}${path}`, { headers });

  test('answers 200 with each model once, however many workers serve it', async () => {
    const response = await get('/v1/models');
    const body: unknown = await response.json();
    expect(body).toEqual({ object: 'list', data: [{ ...SCRIPTED, id: MODELS[1] }, SCRIPTED] });
    expect(response.headers.get('x-request-id')).toMatch(/^req_/);
  });

  test('lists and retrieves through the official SDK, names with slashes too', async () => {
    const models = await collect(gateway.client.models.list());
    expect(models.map(({ id }) => id)).toEqual([MODELS[1], MODELS[0]]);
    expect(await gateway.client.models.retrieve(MODELS[1] ?? '')).toMatchObject({ id: MODELS[1] });
  });

  test('takes a name with slashes as it is, too', async () => {
    expect((await get(`/v1/models/${MODELS[1]}`)).status).toBe(200);
  });

  test('answers 400 to a name that cannot be decoded', async () => {
    expect(await errorOf(await get('/v1/models/%E0%A4%A'))).toMatchObject({ status: 400 });
  });

  test('answers 401 without a key', async () => {
    expect(await errorOf(await get('/v1/models', {}))).toMatchObject({ status: 401, code: null });
  });

  test('answers 403 to a key without the scope', async () => {
    const key = gateway.keys.issue({ scopes: new Set(['chat.completions']) });
    expect(await errorOf(await get('/v1/models', { authorization: `Bearer ${key}` }))).toMatchObject({ status: 403 });
  });

  test('answers 404 for a model that no worker has', async () => {
    await expect(gateway.client.models.retrieve('gpt-9')).rejects.toBeInstanceOf(NotFoundError);
  });

  test('answers 405 to other methods', async () => {
    const response = await gateway.post('/v1/models', {});
    expect(response.headers.get('allow')).toBe('GET, HEAD');
    expect(await errorOf(response)).toMatchObject({ status: 405 });
  });

  test('leaves no history row: it costs nothing', async () => {
    await get('/v1/models');
    await gateway.settled();
    expect(gateway.history.rows).toEqual([]);
  });
});
