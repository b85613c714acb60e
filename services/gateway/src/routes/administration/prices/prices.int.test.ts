import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startAdminGateway, type AdminGateway } from '../../../test-support/admin-gateway.ts';
import { auditTrail } from '../../../test-support/audit-trail.ts';
import { errorOf } from '../../../test-support/error-of.ts';

const MODEL = 'hf:Qwen/Qwen3-0.6B-GGUF:Q8_0';
const PATH = `/sluice/v1/prices/${encodeURIComponent(MODEL)}`;

describe('/sluice/v1/prices', () => {
  let gateway: AdminGateway;
  beforeAll(async () => {
    gateway = await startAdminGateway();
  });
  afterAll(() => gateway.close());

  test('sets, lists and deletes the price of a model, to the millionth, each with its line in the audit log', async () => {
    const price = { input_usd_per_million: 0.15, cached_input_usd_per_million: 0.000001, output_usd_per_million: 12.345678 };
    const set = await gateway.owner.sent('PUT', PATH, price);
    expect(set).toMatchObject({ id: MODEL, object: 'sluice.price', model: MODEL, ...price });
    expect(await gateway.db.modelPrice.findMany()).toMatchObject([
      { model: MODEL, inputMicroUsd: 150_000n, cachedInputMicroUsd: 1n, outputMicroUsd: 12_345_678n },
    ]);
    const cheaper = await gateway.owner.sent('PUT', PATH, { input_usd_per_million: 0.1, output_usd_per_million: 12.345678 });
    expect(cheaper).toMatchObject({ input_usd_per_million: 0.1, cached_input_usd_per_million: 0.1 });
    expect(await gateway.owner.sent('GET', '/sluice/v1/prices')).toMatchObject({ object: 'list', data: [{ id: MODEL }], has_more: false });
    expect(await gateway.owner.sent('DELETE', PATH)).toEqual({ object: 'sluice.price.deleted', id: MODEL, deleted: true });
    expect(await gateway.owner.sent('GET', '/sluice/v1/prices')).toMatchObject({ data: [] });
    expect((await auditTrail(gateway, MODEL)).map(({ type, before, after }) => ({ type, before, after }))).toEqual([
      { type: 'price.updated', before: null, after: { input_micro_usd: 150_000, cached_input_micro_usd: 1, output_micro_usd: 12_345_678 } },
      {
        type: 'price.updated',
        before: { input_micro_usd: 150_000, cached_input_micro_usd: 1 },
        after: { input_micro_usd: 100_000, cached_input_micro_usd: 100_000 },
      },
      { type: 'price.deleted', before: expect.objectContaining({ input_micro_usd: 100_000 }), after: null },
    ]);
  });

  test('refuses by name what is no price', async () => {
    const refusal = async (body: object) => errorOf(await gateway.owner.send('PUT', PATH, body));
    expect(await refusal({ output_usd_per_million: 1 })).toMatchObject({ status: 400, param: 'input_usd_per_million' });
    expect(await refusal({ input_usd_per_million: -1, output_usd_per_million: 1 })).toMatchObject({ param: 'input_usd_per_million' });
    expect(await refusal({ input_usd_per_million: '1', output_usd_per_million: 1 })).toMatchObject({ code: 'invalid_type' });
    expect((await gateway.owner.send('DELETE', '/sluice/v1/prices/nothing')).status).toBe(404);
    const nul = await gateway.owner.send('PUT', '/sluice/v1/prices/a%00b', { input_usd_per_million: 1, output_usd_per_million: 1 });
    expect(await errorOf(nul)).toMatchObject({ status: 400, param: 'model' });
  });
});
