import { afterEach, expect, test } from '@jest/globals';
import { faultOf } from '../test-support/fault-of.ts';
import { scriptedModels } from '../test-support/scripted-models.ts';
import { serveModels } from '../test-support/serve-models.ts';

const LIMITS = { deadlineMs: 20_000 };
const CONTEXT = 64;

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function serve() {
  const { registry } = scriptedModels({ models: [{ name: 'scripted', contextTokens: CONTEXT }] });
  const served = await serveModels(registry);
  cleanups.push(() => served.close());
  await registry.start();
  return served.client;
}

test('a text becomes tokens, and tokens the text again', async () => {
  const client = await serve();
  const { tokenIds, contextTokensMax } = await client.tokenize({ model: 'scripted', prompt: { text: 'two words' } }, LIMITS);
  expect({ tokenIds, contextTokensMax }).toEqual({ tokenIds: [...Buffer.from('two words')], contextTokensMax: CONTEXT });
  expect(await client.detokenize({ model: 'scripted', tokenIds }, LIMITS)).toEqual({ text: 'two words' });
});

test('no more tokens become a text than the context holds', async () => {
  const client = await serve();
  const tokens = (count: number): number[] => Array.from({ length: count }, () => 97);
  expect((await client.detokenize({ model: 'scripted', tokenIds: tokens(CONTEXT) }, LIMITS)).text).toHaveLength(CONTEXT);
  expect(await faultOf(client.detokenize({ model: 'scripted', tokenIds: tokens(CONTEXT + 1) }, LIMITS))).toMatchObject({
    code: 'CONTEXT_LENGTH_EXCEEDED',
    param: 'tokens',
  });
  expect(await faultOf(client.detokenize({ model: 'scripted', tokenIds: [256] }, LIMITS))).toMatchObject({ code: 'INVALID_VALUE' });
});
