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
  sluice: { context_tokens_max: 2_048, tasks: [], ready: true, profiles: [] },
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

  test('shows a key the models that it may use, and no others', async () => {
    const key = gateway.keys.issue({ allowedModels: [new Set(['scripted', 'gpt-9'])] });
    const headers = { authorization: `Bearer ${key}` };
    const list: unknown = await (await get('/v1/models', headers)).json();
    expect(list).toEqual({ object: 'list', data: [SCRIPTED] });
    expect((await get('/v1/models/scripted', headers)).status).toBe(200);
  });

  test('answers 404 for a model that the key may not use, in the words of one that nobody has', async () => {
    const headers = { authorization: `Bearer ${gateway.keys.issue({ allowedModels: [new Set(['scripted'])] })}` };
    const hidden = await errorOf(await get(`/v1/models/${MODELS[1]}`, headers));
    const missing = await errorOf(await get('/v1/models/gpt-9', headers));
    expect(hidden).toEqual({ ...missing, message: missing.message.replace('gpt-9', MODELS[1] ?? '') });
    expect(hidden).toMatchObject({ status: 404, code: 'model_not_found' });
  });

  test('takes a key as Anthropic sends it', async () => {
    expect((await get('/v1/models', { 'x-api-key': gateway.apiKey })).status).toBe(200);
    const both = await get('/v1/models', { 'x-api-key': gateway.apiKey, authorization: 'Bearer another' });
    expect(await errorOf(both)).toMatchObject({ status: 401, code: 'invalid_api_key' });
  });

  test('answers 401 to a key from an address that it is not for', async () => {
    const headers = { authorization: `Bearer ${gateway.keys.issue({ allowedIps: ['203.0.113.9'] })}` };
    expect(await errorOf(await get('/v1/models', headers))).toMatchObject({ status: 401, code: 'ip_not_authorized' });
  });

  test('answers 405 to other methods', async () => {
    const response = await gateway.post('/v1/models', {});
    expect(response.headers.get('allow')).toBe('GET, HEAD');
    expect(await errorOf(response)).toMatchObject({ status: 405 });
  });

  test('leaves no history row: it costs nothing', async () => {
    await get('/v1/models');
    await gateway.client.completions.create({ model: 'scripted', prompt: 'x' });
    expect(await gateway.onlyRow()).toMatchObject({ endpoint: 'completions' });
  });
});
