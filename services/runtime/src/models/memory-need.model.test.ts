import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createLog } from '@sluice/platform/log';
import type { Llama } from 'node-llama-cpp';
import { loadDemoModel } from '../test-support/demo-model.ts';
import { openLibrary } from './llama-library.ts';
import { totalOf, type MemoryNeed } from './memory-need.ts';
import { plainSettings } from './model-settings.ts';
import { sizeModel } from './model-size.ts';

const DEMO_MODEL = fileURLToPath(new URL('../../../../models/demo-chat.gguf', import.meta.url));
const MIB = 2 ** 20;
const TIB = 2 ** 40;

describe('what a model will take', () => {
  let llama: Llama;
  beforeAll(async () => {
    llama = await openLibrary({
      backend: 'cpu',
      library: 'prebuilt',
      threads: 1,
      log: createLog({ service: 'test', level: 'silent' }),
    });
  });

  const needOf = async (size: { slots: number; contextTokens: number }): Promise<MemoryNeed> => {
    const settings = { ...plainSettings('demo', DEMO_MODEL), ...size };
    return (await sizeModel(DEMO_MODEL, { settings, backend: 'cpu', llama })).need;
  };

  test('is what llama.cpp then takes, and little more', async () => {
    const before = (await llama.getLlamaMemoryUsage()).cpuRam;
    const model = await loadDemoModel({ slots: 8, contextTokens: 1_024, batchTokens: 256 });
    const taken = (await llama.getLlamaMemoryUsage()).cpuRam - before;
    const { mainBytes, deviceBytes } = totalOf(model.need);
    expect(deviceBytes).toBe(0);
    expect(taken).toBeGreaterThan(10 * MIB);
    expect(mainBytes).toBeGreaterThanOrEqual(taken);
    expect(mainBytes - taken).toBeLessThan(MIB);
    await model.engine.close();
    expect((await llama.getLlamaMemoryUsage()).cpuRam).toBe(before);
  });

  test('grows with slots and context, and its weights do not', async () => {
    const one = await needOf({ slots: 1, contextTokens: 1_024 });
    const many = await needOf({ slots: 16, contextTokens: 2_048 });
    expect(many.weights).toEqual(one.weights);
    expect(many.context.mainBytes).toBeGreaterThan(one.context.mainBytes + 40 * MIB);
  });

  test('is told, and not tried, of a cache that no machine holds', async () => {
    const { context } = await needOf({ slots: 256, contextTokens: 4_000_000 });
    expect(context.mainBytes).toBeGreaterThan(TIB);
  });
});
