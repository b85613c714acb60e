import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '@sluice/platform/clock';
import { createLog } from '@sluice/platform/log';
import { until } from '@sluice/testing/until';
import { openAdapters } from '../adapters/open-adapters.ts';
import type { ModelRegistry } from '../models/model-registry.ts';
import { faultOf } from '../test-support/fault-of.ts';
import { scriptedModels } from '../test-support/scripted-models.ts';
import { serveModels } from '../test-support/serve-models.ts';
import { openSession, story } from '../test-support/session.ts';

const LIMITS = { deadlineMs: 5_000 };

describe('the calls that change adapters', () => {
  let folder: string;
  let registry: ModelRegistry;
  let served: Awaited<ReturnType<typeof serveModels>>;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-adapter-calls-'));
    const config = { ADAPTERS_FOLDER: folder, ADAPTERS_LOADED_MAX: 2, ADAPTER_MB_MAX: 1, MODELS_FOLDER: folder };
    const log = createLog({ service: 'test', level: 'silent' });
    const names = ['takes', 'sleeps', 'unloaded'];
    const adapters = await openAdapters(
      names.map((name) => ({ name, adapters: [] })),
      { config, clock: systemClock, log },
    );
    ({ registry } = scriptedModels({
      models: [{ name: 'takes' }, { name: 'none' }, { name: 'sleeps', isLazy: true }, { name: 'unloaded', isLazy: true }],
      adaptersOf: (model) => adapters.get(model),
    }));
    await registry.start();
    await registry.find('unloaded').unload(0);
    served = await serveModels(registry);
  });
  afterAll(async () => {
    await served.close();
    rmSync(folder, { recursive: true });
  });

  const put = (model: string, data: () => AsyncGenerator<Uint8Array>) => served.client.putAdapter({ model, name: 'x' }, data(), LIMITS);
  const filesOf = (): string[] => readdirSync(folder, { recursive: true }).map(String);

  test('a stream that is cut leaves nothing behind', async () => {
    await expect(
      put('takes', async function* () {
        yield Buffer.from('GGUF');
        throw new Error('the gateway is gone');
      }),
    ).rejects.toThrow();
    expect(filesOf().filter((file) => file.includes('x'))).toEqual([]);
  });

  test('a file that is too large is refused while it comes', async () => {
    const upload = put('takes', async function* () {
      for (let i = 0; i < 3; i++) yield Buffer.alloc(500_000);
    });
    await expect(upload).rejects.toMatchObject({ code: 'REQUEST_TOO_LARGE' });
    expect(filesOf().filter((file) => file.includes('x'))).toEqual([]);
  });

  test('a model that sleeps wakes once its file is whole, and not before', async () => {
    const whole = Promise.withResolvers<void>();
    const upload = put('sleeps', async function* () {
      yield Buffer.from('GGUX');
      await whole.promise;
    });
    const refusal = faultOf(upload);
    await until(() => filesOf().some((file) => file.endsWith('.partial')));
    expect(registry.find('sleeps')).toMatchObject({ kind: 'asleep', isBusy: false });
    whole.resolve();
    expect(await refusal).toMatchObject({ code: 'INVALID_VALUE', message: expect.stringContaining('not a GGUF file') });
    expect(registry.find('sleeps')).toMatchObject({ kind: 'ready', isBusy: false });
  });

  test('a model that somebody has unloaded takes no file, and says so before it comes', async () => {
    const upload = put('unloaded', async function* () {
      yield Buffer.from('GGUF');
      await new Promise(() => {});
    });
    await expect(upload).rejects.toMatchObject({ code: 'MODEL_NOT_READY', message: expect.stringContaining('not loaded') });
  });

  test.each(['none', 'unknown'])('a model that takes no adapters, or is not there, is refused by name: %s', async (model) => {
    const code = model === 'none' ? 'UNSUPPORTED_VALUE' : 'MODEL_NOT_FOUND';
    await expect(put(model, async function* () {})).rejects.toMatchObject({ code, message: expect.stringContaining(`\`${model}\``) });
    await expect(served.client.removeAdapter({ model, name: 'x' }, LIMITS)).rejects.toMatchObject({ code });
  });

  test.each([
    ['takes', 'MODEL_NOT_FOUND'],
    ['none', 'UNSUPPORTED_VALUE'],
  ])('a request for an adapter that is not there is refused by name, and the session goes on: %s', async (model, code) => {
    const session = openSession(served.client);
    session.start(story(1, { model, adapter: 'law' }));
    expect((await session.ended(1)).failure).toMatchObject({ code, param: 'adapter' });
    session.start(story(2, { model, prompt: { text: 'x' }, stopping: { maxTokens: 2 } }));
    expect((await session.ended(2)).finished).toBeTruthy();
    session.call.end();
  });
});
