import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '@sluice/platform/clock';
import { createLog } from '@sluice/platform/log';
import { writeAdapterFile, type AdapterFileOptions } from '@sluice/testing/adapter-file';
import { until } from '@sluice/testing/until';
import type { AdapterStatus__Output } from '@sluice/proto/v1/AdapterStatus';
import type { GenerateRequest } from '@sluice/proto/v1/GenerateRequest';
import { ModelRegistry } from '../models/model-registry.ts';
import { noObserver } from '../scheduler/observer.ts';
import { loadDemoModel } from '../test-support/demo-model.ts';
import { QUESTIONS } from '../test-support/questions.ts';
import { plainSettings } from '../models/model-settings.ts';
import { serveModels } from '../test-support/serve-models.ts';
import { openSession, type TestSession } from '../test-support/session.ts';
import { openAdapters } from './open-adapters.ts';

const MODEL = 'demo';
const LIMITS = { deadlineMs: 20_000 };
const log = createLog({ service: 'test', level: 'silent' });

describe('adapters of the demo model, over gRPC', () => {
  let folder: string;
  let served: Awaited<ReturnType<typeof serveModels>>;
  let session: TestSession;
  let rid = 0;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-adapters-'));
    const config = { ADAPTERS_FOLDER: join(folder, 'uploaded'), ADAPTERS_LOADED_MAX: 2, ADAPTER_MB_MAX: 1, MODELS_FOLDER: folder };
    const settings = plainSettings(MODEL, 'unused.gguf');
    const adapters = await openAdapters([settings], { config, clock: systemClock, log });
    const models = new ModelRegistry({
      models: [settings],
      adaptersOf: (model) => adapters.get(model),
      load: () => loadDemoModel({ slots: 16, contextTokens: 512, batchTokens: 128 }),
      memoryLimitBytes: Infinity,
      freeMemory: () => Promise.resolve({ mainBytes: 2 ** 40, deviceBytes: 0 }),
      observerOf: () => noObserver,
      clock: systemClock,
      log,
      queueLimit: 64,
      prefillStallMs: 100,
      onBroken(cause) {
        throw cause;
      },
    });
    await models.start();
    served = await serveModels(models);
    session = openSession(served.client);
    await put('red', { seed: 1 });
    await put('blue', { seed: 2 });
  });
  afterAll(async () => {
    session.call.end();
    await served.close();
    rmSync(folder, { recursive: true });
  });
  afterEach(async () => {
    await until(async () => (await statuses()).every(({ running }) => running === 0));
  });

  const put = async (name: string, options: AdapterFileOptions): Promise<AdapterStatus__Output> => {
    const path = join(folder, `${name}.gguf`);
    writeAdapterFile(path, { strength: 4, ...options });
    return putFile(name, path);
  };
  const putFile = async (name: string, path: string): Promise<AdapterStatus__Output> => {
    const bytes = await readFile(path);
    const pieces = Array.from({ length: Math.ceil(bytes.length / 10_000) }, (_, i) => bytes.subarray(i * 10_000, (i + 1) * 10_000));
    return served.client.putAdapter(
      { model: MODEL, name },
      (async function* () {
        yield* pieces;
      })(),
      LIMITS,
    );
  };
  const statuses = async (): Promise<readonly AdapterStatus__Output[]> => (await served.client.getStatus(5_000)).models[0]?.adapters ?? [];

  const start = (content: string, adapter: string, options: Partial<GenerateRequest> = {}): number => {
    rid += 1;
    session.start({
      rid,
      adapter,
      prompt: { chat: { messages: [{ role: 'user', content }] } },
      sampling: { temperature: 0 },
      stopping: { maxTokens: 24, ignoreEos: true },
      ...options,
    });
    return rid;
  };
  const end = async (id: number) => {
    const { finished, failure } = await session.ended(id);
    return { text: session.textOf(id), cachedTokens: finished?.usage?.cachedTokens, code: failure?.code, param: failure?.param };
  };
  const ask = (content: string, adapter: string) => end(start(content, adapter));

  test('each says something else than the model and the other, and the model says what it said before', async () => {
    const question = 'Tell me a story about a fox.';
    const base = await ask(question, '');
    const [red, blue] = [await ask(question, 'red'), await ask(question, 'blue')];
    expect(new Set([base.text, red.text, blue.text]).size).toBe(3);
    expect((await ask(question, '')).text).toBe(base.text);
    expect((await ask(question, 'red')).text).toBe(red.text);
  });

  test('two of them and the model answer many requests at once, each as alone', async () => {
    const asked = QUESTIONS.flatMap(
      (question, i) =>
        [
          [question, ['', 'red', 'blue'][i % 3] ?? ''],
          [question, ['red', 'blue', ''][i % 3] ?? ''],
        ] as const,
    );
    const alone = new Map<string, string>();
    for (const [question, adapter] of asked) alone.set(`${adapter}: ${question}`, (await ask(question, adapter)).text);
    const together = asked.map(([question, adapter]) => ({ key: `${adapter}: ${question}`, id: start(question, adapter) }));
    for (const { key, id } of together) expect({ key, text: (await end(id)).text }).toEqual({ key, text: alone.get(key) });
  });

  test('what one has read is nothing to another', async () => {
    const question = 'My name is Olga. What is my name?';
    expect((await ask(question, '')).cachedTokens).toBe(0);
    const red = await ask(question, 'red');
    expect(red.cachedTokens).toBe(0);
    expect((await ask(question, 'blue')).cachedTokens).toBe(0);
    const again = await ask(question, 'red');
    expect(again.cachedTokens).toBeGreaterThan(5);
    expect(again.text).toBe(red.text);
  });

  test('one that is removed or replaced while it answers answers to the end', async () => {
    const long = { stopping: { maxTokens: 150, ignoreEos: true } };
    const question = 'Tell me a story about a duck.';
    await put('brief', { seed: 3 });
    const expected = await end(start(question, 'brief', long));
    const replaced = start(question, 'brief', long);
    await until(() => session.textOf(replaced) !== '');
    await put('brief', { seed: 4 });
    const other = await end(start(question, 'brief', long));
    expect((await end(replaced)).text).toBe(expected.text);
    expect(other.text).not.toBe(expected.text);

    const removed = start(question, 'brief', long);
    await until(() => session.textOf(removed) !== '');
    await served.client.removeAdapter({ model: MODEL, name: 'brief' }, LIMITS);
    expect(await ask(question, 'brief')).toMatchObject({ code: 'MODEL_NOT_FOUND', param: 'adapter' });
    expect((await end(removed)).text).toBe(other.text);
  });

  test('one too many waits for no one: those in use stay, and its turn comes when one is free', async () => {
    await put('green', { seed: 5 });
    const long = { stopping: { maxTokens: 400, ignoreEos: true } };
    const running = ['red', 'blue'].map((adapter) => start('Count to five.', adapter, long));
    await until(() => running.every((id) => session.textOf(id) !== ''));
    expect(await ask('Count to five.', 'green')).toMatchObject({ code: 'SERVER_OVERLOADED' });
    for (const id of running) expect((await end(id)).code).toBeUndefined();
    expect((await ask('Count to five.', 'green')).code).toBeUndefined();
    expect((await statuses()).filter(({ state }) => state === 'LOADED')).toHaveLength(2);
    await served.client.removeAdapter({ model: MODEL, name: 'green' }, LIMITS);
  });

  test('a request that is cancelled gives its own back', async () => {
    const id = start('Tell me a story about a bear and a river.', 'red', { stopping: { maxTokens: 300, ignoreEos: true } });
    await until(() => session.textOf(id) !== '');
    expect((await statuses()).find(({ name }) => name === 'red')).toMatchObject({ running: 1, state: 'LOADED' });
    session.cancel(id);
    expect((await session.ended(id)).finished?.reason).toBe('CANCELLED');
    await until(async () => (await statuses()).every(({ running }) => running === 0));
  });

  test('one whose upload breaks off at its last byte is not there', async () => {
    const path = join(folder, 'whole.gguf');
    writeAdapterFile(path, { seed: 1 });
    const bytes = await readFile(path);
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield bytes;
      // By now the worker has all of it, and cannot know that.
      await until(async () => partials().length > 0);
      throw new Error('the gateway is gone');
    }
    const partials = (): string[] => readdirSync(join(folder, 'uploaded', MODEL)).filter((file) => file.startsWith('whole.gguf.'));
    await expect(served.client.putAdapter({ model: MODEL, name: 'whole' }, broken(), LIMITS)).rejects.toThrow();
    await until(() => partials().length === 0);
    expect((await statuses()).map(({ name }) => name)).toEqual(['red', 'blue']);
  });

  test('files that do not fit are refused with the reason, and everything goes on', async () => {
    const question = 'What is 3 plus 4?';
    const before = await ask(question, 'red');
    await expect(put('bad', { seed: 1, architecture: 'qwen3' })).rejects.toMatchObject({
      message: expect.stringContaining('made for `qwen3` models'),
    });
    await expect(put('bad', { seed: 1, embedding: 64 })).rejects.toMatchObject({
      message: expect.stringContaining("another shape than the model's 192 × 192"),
    });
    await expect(put('bad', { seed: 1, blocks: 7 })).rejects.toMatchObject({
      message: expect.stringContaining('no tensor `blk.6.attn_q.weight`'),
    });
    const cut = join(folder, 'cut.gguf');
    writeAdapterFile(cut, { seed: 1 });
    writeFileSync(cut, (await readFile(cut)).subarray(0, 20_000));
    await expect(putFile('bad', cut)).rejects.toMatchObject({ code: 'INVALID_VALUE', message: expect.stringContaining('damaged') });
    expect((await statuses()).map(({ name }) => name)).toEqual(['red', 'blue']);
    expect((await ask(question, 'red')).text).toBe(before.text);
    expect(await ask(question, 'bad')).toMatchObject({ code: 'MODEL_NOT_FOUND', param: 'adapter' });
  });
});
