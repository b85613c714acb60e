import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { say } from '@sluice/testing/scripts';
import { errorOf } from '../../test-support/error-of.ts';
import { startHarness, type Harness } from '../../test-support/gateway-harness.ts';

describe('GET /v1/models with adapters', () => {
  let gateway: Harness;
  beforeAll(async () => {
    // The second model has the name that the adapter "other" of the first would have.
    gateway = await startHarness({ scripts: [say(['x']), say(['x'])], models: ['base', 'base:other'], adapters: ['law', 'other'] });
  });
  afterAll(() => gateway.close());

  const get = (path: string, apiKey = gateway.apiKey) => fetch(`${gateway.url}${path}`, { headers: { authorization: `Bearer ${apiKey}` } });

  test('lists each once beside its model, as what it is asked for', async () => {
    const { data } = (await (await get('/v1/models')).json()) as { data: { id: string; parent?: string }[] };
    expect(data.map(({ id, parent }) => [id, parent])).toEqual([
      ['base', undefined],
      ['base:law', 'base'],
      ['base:other', undefined],
      ['base:other:law', 'base:other'],
      ['base:other:other', 'base:other'],
    ]);
    expect(data[1]).toMatchObject({ object: 'model', owned_by: 'sluice', sluice: { ready: true } });
  });

  test('retrieves one by its full name', async () => {
    expect(await (await get('/v1/models/base:law')).json()).toMatchObject({ id: 'base:law', parent: 'base' });
    expect(await errorOf(await get('/v1/models/base:none'))).toMatchObject({ status: 404, code: 'model_not_found' });
  });

  test('shows a key those that it may use', async () => {
    const key = gateway.keys.issue({ allowedModels: [new Set(['base:law'])] });
    expect(await (await get('/v1/models', key)).json()).toMatchObject({ data: [{ id: 'base:law' }] });
    expect((await get('/v1/models/base:law', key)).status).toBe(200);
    expect((await get('/v1/models/base', key)).status).toBe(404);
  });
});
