import { describe, expect, test } from '@jest/globals';
import { scriptedModels } from '../test-support/scripted-models.ts';
import { faultOf } from '../test-support/fault-of.ts';

const GIB = 2 ** 30;

describe('room for an adapter', () => {
  test('is what the models leave, and the refusal says how much that is', async () => {
    const { registry } = scriptedModels({
      models: [{ name: 'a' }, { name: 'b' }],
      bytesOf: () => GIB,
      memoryLimitBytes: 3 * GIB,
      freeMemory,
    });
    await registry.start();
    await registry.assertRoom('a', { name: 'law', bytes: GIB });
    expect(await faultOf(registry.assertRoom('a', { name: 'law', bytes: 1.5 * GIB }))).toMatchObject({
      code: 'INSUFFICIENT_MEMORY',
      message: expect.stringMatching(/`law` of the model `a` needs 1\.50 GiB of memory, and 1\.00 GiB are free.*ADAPTERS_LOADED_MAX/),
    });
    expect(registry.hosts.map(({ kind }) => kind)).toEqual(['ready', 'ready']);
    await registry.close();
  });
});

function freeMemory() {
  return Promise.resolve({ mainBytes: 8 * GIB, deviceBytes: 0 });
}
