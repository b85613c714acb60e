import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { remembering, say } from '@sluice/testing/scripts';
import { errorOf } from '../../test-support/error-of.ts';
import { startHarness, type Harness } from '../../test-support/gateway-harness.ts';

const PATH = '/v1/chat/completions';
const MESSAGES = [{ role: 'user' as const, content: 'hi' }];

describe('POST /v1/chat/completions with an adapter', () => {
  let gateway: Harness;
  const { script, requests } = remembering(say(['x']));
  beforeAll(async () => {
    // The second model only looks like an adapter of the first.
    gateway = await startHarness({ scripts: [script], models: ['base', 'base:other', 'hf:org/m:Q8_0'], adapters: ['law', 'a:b'] });
  });
  afterAll(() => gateway.close());

  test.each([
    [{ model: 'base:law' }, 'base', 'law', 'base:law'],
    [{ model: 'base', adapter: 'law' }, 'base', 'law', 'base:law'],
    [{ model: 'base:a:b' }, 'base', 'a:b', 'base:a:b'],
    [{ model: 'base:other' }, 'base:other', '', 'base:other'],
    [{ model: 'base:other:law' }, 'base:other', 'law', 'base:other:law'],
    [{ model: 'hf:org/m:Q8_0' }, 'hf:org/m:Q8_0', '', 'hf:org/m:Q8_0'],
    [{ model: 'hf:org/m:Q8_0', adapter: 'law' }, 'hf:org/m:Q8_0', 'law', 'hf:org/m:Q8_0:law'],
    [{ model: 'base', adapter: '' }, 'base', '', 'base'],
  ])('takes %j as %s with %s', async (asked, model, adapter, answered) => {
    requests.length = 0;
    const response = await gateway.post(PATH, { ...asked, messages: MESSAGES });
    expect(await response.json()).toMatchObject({ model: answered });
    expect(requests).toMatchObject([{ model, adapter }]);
  });

  test.each([
    [{ model: 'base:unknown' }, null, 'The model `base:unknown` does not exist or you do not have access to it.'],
    [{ model: 'base', adapter: 'unknown' }, 'adapter', 'The model `base` has no adapter `unknown`, or you do not have access to it.'],
    [{ model: 'none', adapter: 'law' }, null, 'The model `none` does not exist or you do not have access to it.'],
  ])('answers 404 to %j', async (asked, param, message) => {
    const error = await errorOf(await gateway.post(PATH, { ...asked, messages: MESSAGES }));
    expect(error).toMatchObject({ status: 404, code: 'model_not_found', param, message });
  });

  test('counts it against its model: a key for the model may use it, and one for another model that is named so may not', async () => {
    const ask = async (allowed: string, model: string) => {
      const authorization = `Bearer ${gateway.keys.issue({ allowedModels: [new Set([allowed])] })}`;
      return (await gateway.post(PATH, { model, messages: MESSAGES }, { authorization })).status;
    };
    expect(await ask('base', 'base:law')).toBe(200);
    expect(await ask('base:law', 'base:law')).toBe(200);
    expect(await ask('base:law', 'base')).toBe(403);
    expect(await ask('base', 'base:other')).toBe(403);
  });

  test('gives way to a model of its full name, and is still there in a field of its own', async () => {
    await using fresh = await startHarness({ scripts: [script], models: ['base', 'base:law'], adapters: ['law'] });
    requests.length = 0;
    await fresh.post(PATH, { model: 'base:law', messages: MESSAGES });
    await fresh.post(PATH, { model: 'base', adapter: 'law', messages: MESSAGES });
    expect(requests).toMatchObject([
      { model: 'base:law', adapter: '' },
      { model: 'base', adapter: 'law' },
    ]);
  });

  test('stands in the history beside its model', async () => {
    await using fresh = await startHarness({ scripts: [script], models: ['base'], adapters: ['law'] });
    await fresh.post(PATH, { model: 'base:law', messages: MESSAGES });
    expect(await fresh.onlyRow()).toMatchObject({ model: 'base', adapter: 'law' });
  });
});
