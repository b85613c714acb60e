import { afterEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '@sluice/platform/clock';
import { createLog } from '@sluice/platform/log';
import { until } from '@sluice/testing/until';
import type { LoadedVectorModel } from '../models/load-model.ts';
import { ModelRegistry } from '../models/model-registry.ts';
import { plainSettings } from '../models/model-settings.ts';
import { noObserver } from '../scheduler/observer.ts';
import { faultOf } from '../test-support/fault-of.ts';
import { serveModels } from '../test-support/serve-models.ts';

const NO_MEMORY = { mainBytes: 0, deviceBytes: 0 };
const LIMITS = { deadlineMs: 20_000 };

type Read = { readonly finish: () => void };

/** A model that embeds letters, one a token, and reads an input when the test says so. */
function scriptedModel(reads: Read[]): LoadedVectorModel {
  const letters = (text: string): Uint32Array => Uint32Array.from(Buffer.from(text));
  return {
    task: 'embed',
    settings: plainSettings('scripted', 'scripted.gguf'),
    engine: {
      slots: 1,
      contextTokens: 8,
      batchTokens: 8,
      dimensions: 2,
      read: (tokens) => new Promise((resolve) => reads.push({ finish: () => resolve(Float64Array.of(tokens.length, 0)) })),
      close: () => Promise.resolve(),
    },
    encoder: { encode: (text) => Promise.resolve(letters(text)) },
    markers: { begin: [], end: [], between: [] },
    vocabularySize: 256,
    pairTemplate: undefined,
    isProbability: false,
    tokenizer: { vocabularySize: 256, decode: (tokens) => Buffer.from(tokens).toString() },
    backendDetails: 'scripted',
    need: { weights: NO_MEMORY, context: NO_MEMORY },
  };
}

describe('a call for vectors', () => {
  const cleanups: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0)) await cleanup();
  });

  async function serve() {
    const reads: Read[] = [];
    const models = new ModelRegistry({
      models: [plainSettings('scripted', 'scripted.gguf')],
      load: () => Promise.resolve(scriptedModel(reads)),
      memoryLimitBytes: Infinity,
      freeMemory: () => Promise.resolve(NO_MEMORY),
      observerOf: () => noObserver,
      clock: systemClock,
      log: createLog({ service: 'test', level: 'silent' }),
      queueLimit: 4,
      prefillStallMs: 100,
      onBroken() {},
    });
    const served = await serveModels(models);
    cleanups.push(() => {
      for (const read of reads) read.finish();
      return served.close();
    });
    await models.start();
    return { ...served, reads };
  }

  test('is answered when all its inputs are read', async () => {
    const { client, reads } = await serve();
    const answer = client.embed({ inputs: [{ text: 'a' }, { text: 'bc' }] }, LIMITS);
    (await until(() => reads[0])).finish();
    (await until(() => reads[1])).finish();
    expect(await answer).toMatchObject({ promptTokens: 3 });
  });

  test('reads no more for a caller that has left', async () => {
    const { client, reads } = await serve();
    const controller = new AbortController();
    const left = faultOf(client.embed({ inputs: [{ text: 'a' }, { text: 'b' }] }, { ...LIMITS, signal: controller.signal }));
    const first = await until(() => reads[0]);
    controller.abort();
    expect((await left).code).toBe('UPSTREAM_DISCONNECTED');
    await until(async () => (await client.getStatus(10_000)).models[0]?.slotsBusy === 0);
    first.finish();
    const next = client.embed({ inputs: [{ text: 'c' }] }, LIMITS);
    (await until(() => reads[1])).finish();
    await next;
    expect(reads).toHaveLength(2);
  });

  test('that is abandoned says what was read for it, and leaves the others alone', async () => {
    const { client, reads } = await serve();
    const inputs = [{ text: 'abc' }, { text: 'de' }];
    const left = faultOf(client.embed({ inputs, requestId: 'req_1' }, LIMITS));
    const other = client.embed({ inputs: [{ text: 'c' }], requestId: 'req_2' }, LIMITS);
    const first = await until(() => reads[0]);
    await client.abandon({ requestId: 'req_unknown' }, LIMITS);
    await client.abandon({ requestId: 'req_1' }, LIMITS);
    expect(await left).toMatchObject({ code: 'UPSTREAM_DISCONNECTED', spentTokens: 3 });
    first.finish();
    (await until(() => reads[1])).finish();
    expect(await other).toMatchObject({ promptTokens: 1 });
    expect(reads).toHaveLength(2);
  });

  test('reads no more for a caller whose deadline has passed', async () => {
    const { client, reads } = await serve();
    const late = faultOf(client.embed({ inputs: [{ text: 'a' }, { text: 'b' }] }, { deadlineMs: 300 }));
    expect((await late).code).toBe('TIMEOUT');
    await until(async () => (await client.getStatus(10_000)).models[0]?.slotsBusy === 0);
    for (const read of reads) read.finish();
    expect(reads.length).toBeLessThan(2);
  });

  test('is finished by a worker that drains, which takes no other', async () => {
    const { client, reads } = await serve();
    const taken = client.embed({ inputs: [{ text: 'a' }] }, LIMITS);
    const first = await until(() => reads[0]);
    await client.drain(1_000);
    expect((await faultOf(client.embed({ inputs: [{ text: 'b' }] }, LIMITS))).code).toBe('WORKER_DRAINING');
    first.finish();
    expect((await taken).embeddings).toHaveLength(1);
  });

  test('counts as what the model is busy with', async () => {
    const { client, reads } = await serve();
    const answers = [client.embed({ inputs: [{ text: 'a' }] }, LIMITS), client.embed({ inputs: [{ text: 'b' }] }, LIMITS)];
    await until(async () => (await client.getStatus(10_000)).models[0]?.queueDepth === 1);
    expect((await client.getStatus(10_000)).models[0]).toMatchObject({
      slotsBusy: 1,
      slotsTotal: 1,
      tasks: ['embed'],
      contextTokensMax: 8,
    });
    (await until(() => reads[0])).finish();
    (await until(() => reads[1])).finish();
    await Promise.all(answers);
  });
});
