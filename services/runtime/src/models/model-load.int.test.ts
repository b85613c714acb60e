import { afterEach, describe, expect, test } from '@jest/globals';
import { Fault } from '@sluice/platform/fault';
import { until } from '@sluice/testing/until';
import type { ScriptedModels } from '../test-support/scripted-models.ts';
import { story } from '../test-support/session.ts';
import { followLoad, LIMITS, startModels } from './model-life.harness.ts';

describe('the load of a model', () => {
  const cleanups: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0)) await cleanup();
  });

  async function serve(options: ScriptedModels) {
    const models = await startModels(options);
    cleanups.push(() => models.close());
    return models;
  }

  test('what is to be there from the start and cannot fit has failed', async () => {
    const { states } = await serve({ models: [{ name: 'big' }], freeMemory: () => Promise.resolve({ mainBytes: 1, deviceBytes: 0 }) });
    expect(await states()).toEqual({ big: 'FAILED' });
  });

  test('LoadModel tells its progress until the model is ready', async () => {
    const loading = Promise.withResolvers<void>();
    let isProgressed = false;
    const { client } = await serve({
      models: [{ name: 'a', isLazy: true }],
      beforeLoad: async (_model, { onProgress }) => {
        onProgress(0.5);
        isProgressed = true;
        await loading.promise;
      },
    });
    const seen = await followLoad(client, 'a', (status) => {
      if (isProgressed && status.loadProgress === 0.5) loading.resolve();
    });
    expect(seen.map(({ state, loadProgress }) => ({ state, loadProgress }))).toEqual(
      expect.arrayContaining([
        { state: 'LOADING', loadProgress: 0.5 },
        { state: 'READY', loadProgress: 1 },
      ]),
    );
    expect(seen.at(-1)?.state).toBe('READY');
  });

  test('what is here loads in the order of the settings, and what is downloaded when it is here', async () => {
    const models = await serve({
      models: [{ name: 'far' }, { name: 'first' }, { name: 'second' }],
      download: ({ name, source }) => (name === 'far' ? Promise.resolve({ path: source, draftPath: undefined }) : undefined),
    });
    expect(models.log).toEqual(['loaded first', 'loaded second', 'loaded far']);
  });

  test('a model whose files are being downloaded holds up no other, and tells how far it is', async () => {
    const downloading = Promise.withResolvers<void>();
    const models = await serve({
      models: [
        { name: 'far', isLazy: true },
        { name: 'near', isLazy: true },
      ],
      download: async ({ name, source }, { onDownload }) => {
        if (name === 'far') {
          onDownload(0.5);
          await downloading.promise;
        }
        return { path: source, draftPath: undefined };
      },
    });
    const { session, client } = models;
    session.start(story(1, { model: 'far' }));
    await until(() => models.kinds()['far'] === 'loading');
    session.start(story(2, { model: 'near' }));
    expect((await session.ended(2)).finished?.reason).toBe('LENGTH');
    expect((await client.getStatus(10_000)).models[0]).toMatchObject({ state: 'LOADING', loadProgress: expect.closeTo(0.45) });
    downloading.resolve();
    expect((await session.ended(1)).finished?.reason).toBe('LENGTH');
    expect(models.log).toEqual(['loaded near', 'loaded far']);
  });

  test('UnloadModel ends a download, and whoever waited for the model hears of it', async () => {
    const models = await serve({
      models: [{ name: 'far', isLazy: true }],
      download: (_settings, { signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    });
    const { session, client } = models;
    session.start(story(1));
    await until(() => models.kinds()['far'] === 'loading');
    expect(await client.unloadModel({ model: 'far' }, LIMITS)).toMatchObject({ state: 'UNLOADED', problem: '' });
    expect((await session.ended(1)).failure).toMatchObject({ code: 'MODEL_NOT_READY' });
    expect(models.log).toEqual([]);
  });

  test('UnloadModel frees a model that was loaded all the same', async () => {
    const loading = Promise.withResolvers<void>();
    const stopped = Promise.withResolvers<void>();
    const models = await serve({
      models: [{ name: 'a', isLazy: true }],
      beforeLoad: (_model, { signal }) => signal.addEventListener('abort', () => stopped.resolve()),
      freeMemory: () => loading.promise.then(() => ({ mainBytes: 1_000, deviceBytes: 0 })),
    });
    const { session, client } = models;
    session.start(story(1));
    await until(() => models.kinds()['a'] === 'loading');
    const unloaded = client.unloadModel({ model: 'a' }, LIMITS);
    await stopped.promise;
    loading.resolve();
    expect(await unloaded).toMatchObject({ state: 'UNLOADED' });
    expect((await session.ended(1)).failure).toMatchObject({ code: 'MODEL_NOT_READY' });
    expect(models.log).toEqual(['loaded a', 'closed a']);
  });

  test('a model that did not wake has failed for half a minute, and then the next request tries again', async () => {
    let isBroken = true;
    const models = await serve({
      models: [{ name: 'a', isLazy: true }],
      beforeLoad: () => {
        if (isBroken) throw new Error('the disk did not answer');
      },
    });
    const { session, registry, advance, client } = models;
    session.start(story(1));
    expect((await session.ended(1)).failure).toMatchObject({ code: 'MODEL_NOT_READY', message: expect.not.stringContaining('disk') });
    isBroken = false;
    advance(29_999);
    registry.check();
    expect(models.kinds()).toEqual({ a: 'failed' });
    session.start(story(2));
    expect((await session.ended(2)).failure).toMatchObject({ code: 'MODEL_NOT_READY' });
    advance(1);
    registry.check();
    expect((await client.getStatus(10_000)).models[0]).toMatchObject({ state: 'ASLEEP', problem: expect.stringContaining('disk') });
    session.start(story(3));
    expect((await session.ended(3)).finished?.reason).toBe('LENGTH');
    expect((await client.getStatus(10_000)).models[0]).toMatchObject({ state: 'READY', problem: '' });
  });

  test('what is to be there from the start is tried again after growing pauses, as long as that may help', async () => {
    const tries: string[] = [];
    let failure: Fault | undefined = new Fault('UPSTREAM_DISCONNECTED', { message: 'the hub did not answer' });
    const models = await serve({
      models: [{ name: 'hub' }, { name: 'none' }],
      download: ({ name, source }) => {
        tries.push(name);
        if (name === 'none') throw new Fault('MODEL_NOT_FOUND', { message: 'none.gguf does not exist' });
        if (failure) throw failure;
        return Promise.resolve({ path: source, draftPath: undefined });
      },
    });
    expect(await models.states()).toEqual({ hub: 'FAILED', none: 'FAILED' });
    /** How often the hub was asked by then. */
    const triedAfter = async (ms: number): Promise<number> => {
      models.advance(ms);
      models.registry.check();
      await until(() => models.kinds()['hub'] !== 'loading');
      return tries.filter((name) => name === 'hub').length;
    };
    expect(await triedAfter(29_999)).toBe(1);
    expect(await triedAfter(1)).toBe(2);
    expect(await triedAfter(59_999)).toBe(2);
    expect(await triedAfter(1)).toBe(3);
    failure = undefined;
    expect(await triedAfter(600_000)).toBe(4);
    expect(await models.states()).toEqual({ hub: 'READY', none: 'FAILED' });
    expect(tries.filter((name) => name === 'none')).toHaveLength(1);
  });

  test('LoadModel tells why a model has failed, and tries again when it is asked again', async () => {
    let isBroken = true;
    const { client, states } = await serve({
      models: [{ name: 'a', isLazy: true }],
      beforeLoad: () => {
        if (isBroken) throw new Fault('MODEL_NOT_FOUND', { message: 'a.gguf does not exist' });
      },
    });
    expect((await followLoad(client, 'a')).at(-1)).toMatchObject({ state: 'FAILED', problem: 'a.gguf does not exist' });
    isBroken = false;
    expect((await followLoad(client, 'a')).at(-1)).toMatchObject({ state: 'READY', problem: '' });
    expect(await states()).toEqual({ a: 'READY' });
  });
});
