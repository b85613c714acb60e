import { afterEach, describe, expect, test } from '@jest/globals';
import { until } from '@sluice/testing/until';
import { story } from '../test-support/session.ts';
import { followLoad, gate, LIMITS, startModels, type ModelLife } from './model-life.harness.ts';

describe('the life of models', () => {
  const cleanups: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0)) await cleanup();
  });

  async function serve(options: ModelLife) {
    const models = await startModels(options);
    cleanups.push(() => models.close());
    return models;
  }

  test('each of several models answers under its name, and without a name nobody does', async () => {
    const { session, client } = await serve({
      models: [
        { name: 'a', contextTokens: 64 },
        { name: 'b', contextTokens: 32 },
      ],
    });
    session.start(story(1, { model: 'a' }));
    session.start(story(2, { model: 'b', stopping: {} }));
    session.start(story(3));
    expect((await session.ended(1)).finished).toMatchObject({ reason: 'LENGTH' });
    expect((await session.ended(2)).finished).toMatchObject({ reason: 'CONTEXT_FULL' });
    expect((await session.ended(3)).failure).toMatchObject({ code: 'MODEL_NOT_FOUND', message: expect.stringContaining('a, b') });
    expect(await client.tokenize({ model: 'b', prompt: { text: 'xy' } }, LIMITS)).toMatchObject({ contextTokensMax: 32 });
  });

  test('a lazy model loads with its first request, and those that come meanwhile go on in their order', async () => {
    const loading = Promise.withResolvers<void>();
    const models = await serve({ models: [{ name: 'a', isLazy: true, slots: 1 }], beforeLoad: () => loading.promise });
    const { session, client } = models;
    expect(await client.getStatus(10_000)).toMatchObject({ state: 'READY', models: [{ state: 'ASLEEP' }] });
    for (const rid of [1, 2, 3]) session.start(story(rid, { model: 'a', stopping: { maxTokens: 2 } }));
    await until(async () => (await client.getStatus(10_000)).models[0]?.isWaking);
    expect(await client.getStatus(10_000)).toMatchObject({ state: 'READY', models: [{ state: 'LOADING' }] });
    loading.resolve();
    await Promise.all([1, 2, 3].map((rid) => session.ended(rid)));
    const starts = session.frames.flatMap(({ events }) => events.filter((event) => event.started).map(({ rid }) => rid));
    expect(starts).toEqual([1, 2, 3]);
    expect(models.log).toEqual(['loaded a']);
  });

  test('who waits for a model to wake may leave, waits so long as the request says, and not with too many others', async () => {
    const loading = Promise.withResolvers<void>();
    const { session } = await serve({
      models: [{ name: 'a', isLazy: true }],
      queueLimit: 3,
      beforeLoad: () => loading.promise,
    });
    session.start(story(1, { queueTimeoutMs: 20 }));
    session.start(story(2));
    session.start(story(3));
    session.start(story(4));
    expect((await session.ended(4)).failure).toMatchObject({ code: 'SERVER_OVERLOADED' });
    expect((await session.ended(1)).failure).toMatchObject({ code: 'TIMEOUT' });
    session.cancel(2);
    expect((await session.ended(2)).finished).toMatchObject({ reason: 'CANCELLED', usage: { promptTokens: 0, completionTokens: 0 } });
    loading.resolve();
    expect((await session.ended(3)).finished).toMatchObject({ reason: 'LENGTH' });
  });

  test('a model sleeps when nobody used it for as long as its file says, unless it is pinned, and wakes for the next request', async () => {
    const idleSleepMs = 10_000;
    const models = await serve({ models: [{ name: 'a', idleSleepMs }, { name: 'b', idleSleepMs, isPinned: true }, { name: 'c' }] });
    const { registry, session, advance } = models;
    advance(9_000);
    session.start(story(1, { model: 'a' }));
    await session.ended(1);
    advance(9_999);
    registry.check();
    expect(models.kinds()).toEqual({ a: 'ready', b: 'ready', c: 'ready' });
    advance(1);
    registry.check();
    await until(() => models.log.includes('closed a'));
    await until(() => models.kinds()['a'] === 'asleep');
    expect(models.kinds()).toEqual({ a: 'asleep', b: 'ready', c: 'ready' });
    session.start(story(2, { model: 'a' }));
    expect((await session.ended(2)).finished).toMatchObject({ reason: 'LENGTH' });
    expect(models.log.filter((line) => line.endsWith('a'))).toEqual(['loaded a', 'closed a', 'loaded a']);
  });

  test('a model that is falling asleep says that it sleeps, and wakes for the request that comes then', async () => {
    const closing = Promise.withResolvers<void>();
    const models = await serve({ models: [{ name: 'a', idleSleepMs: 1_000 }], beforeClose: () => closing.promise });
    models.advance(1_000);
    models.registry.check();
    expect(models.kinds()).toEqual({ a: 'leaving' });
    expect(await models.client.getStatus(10_000)).toMatchObject({ state: 'READY', models: [{ state: 'ASLEEP' }] });
    models.session.start(story(1));
    closing.resolve();
    expect((await models.session.ended(1)).finished).toMatchObject({ reason: 'LENGTH' });
    expect(models.log).toEqual(['loaded a', 'closed a', 'loaded a']);
  });

  test('a model that works does not sleep, and looking at it does not keep it awake', async () => {
    const { beforeStep, open } = gate();
    const models = await serve({ models: [{ name: 'a', idleSleepMs: 1_000 }], engine: { beforeStep } });
    const { registry, session, client, advance } = models;
    session.start(story(1));
    await until(() => session.eventsOf(1).length > 0);
    advance(5_000);
    registry.check();
    expect(models.kinds()).toEqual({ a: 'ready' });
    open();
    await session.ended(1);
    advance(999);
    await client.getStatus(10_000);
    registry.check();
    advance(1_000);
    await client.getStatus(10_000);
    registry.check();
    await until(() => models.kinds()['a'] === 'asleep');
    await client.getStatus(10_000);
    expect(models.kinds()).toEqual({ a: 'asleep' });
  });

  test('the model that was used least recently gives way to another, never one that is pinned', async () => {
    const models = await serve({
      models: [{ name: 'pinned', isPinned: true }, { name: 'old' }, { name: 'young' }, { name: 'new', isLazy: true }],
      memoryLimitBytes: 300,
    });
    const { session, advance } = models;
    for (const [rid, model] of ['pinned', 'old', 'young', 'new'].entries()) {
      advance(1_000);
      session.start(story(rid, { model }));
      expect((await session.ended(rid)).finished?.reason).toBe('LENGTH');
    }
    expect(models.kinds()).toEqual({ pinned: 'ready', old: 'asleep', young: 'ready', new: 'ready' });
  });

  test('a model whose weights the system calls free makes room all the same, and is put to sleep only where that is enough', async () => {
    const models = await serve({
      models: [{ name: 'old' }, { name: 'new', isLazy: true }, { name: 'big', isLazy: true }],
      // Mapped pages of files count as free.
      freeMemory: () => Promise.resolve({ mainBytes: 120, deviceBytes: 0 }),
      memoryLimitBytes: 120,
      bytesOf: (model) => (model === 'big' ? 150 : 80),
    });
    const { session } = models;
    session.start(story(1, { model: 'new' }));
    expect((await session.ended(1)).finished?.reason).toBe('LENGTH');
    expect(models.log).toEqual(['loaded old', 'closed old', 'loaded new']);
    session.start(story(2, { model: 'big' }));
    expect((await session.ended(2)).failure).toMatchObject({ code: 'INSUFFICIENT_MEMORY' });
    expect(models.kinds()).toEqual({ old: 'asleep', new: 'ready', big: 'asleep' });
  });

  test('a model waits for room until one that works has nothing left to do', async () => {
    const { beforeStep, open } = gate();
    const models = await serve({
      models: [{ name: 'busy' }, { name: 'next', isLazy: true }],
      memoryLimitBytes: 100,
      engine: { beforeStep },
    });
    const { session } = models;
    session.start(story(1, { model: 'busy' }));
    await until(() => session.eventsOf(1).length > 0);
    session.start(story(2, { model: 'next' }));
    await until(() => models.kinds()['next'] === 'loading');
    expect(models.kinds()['busy']).toBe('ready');
    open();
    expect((await session.ended(1)).finished?.reason).toBe('LENGTH');
    expect((await session.ended(2)).finished?.reason).toBe('LENGTH');
    expect(models.log).toEqual(['loaded busy', 'closed busy', 'loaded next']);
  });

  test('a model that cannot fit is refused with what it needs, what is free and what would help, and may be tried again', async () => {
    let bytes = 5 * 2 ** 30;
    const models = await serve({
      models: [{ name: 'small' }, { name: 'big', isLazy: true }],
      freeMemory: () => Promise.resolve({ mainBytes: 2 ** 30, deviceBytes: 0 }),
      bytesOf: (model) => (model === 'big' ? bytes : 1),
    });
    const { client, session } = models;
    session.start(story(1, { model: 'big' }));
    const { failure } = await session.ended(1);
    expect(failure).toMatchObject({ code: 'INSUFFICIENT_MEMORY', message: expect.not.stringContaining('GiB') });
    const [, big] = (await client.getStatus(10_000)).models;
    expect(big).toMatchObject({ state: 'ASLEEP' });
    expect(big?.problem).toMatch(
      /`big` needs 5\.00 GiB of memory .* 1\.00 GiB are free beside `small`.*slots, context_tokens or batch_tokens/,
    );
    expect(models.kinds()).toEqual({ small: 'ready', big: 'asleep' });
    bytes = 1;
    session.start(story(2, { model: 'big' }));
    expect((await session.ended(2)).finished?.reason).toBe('LENGTH');
  });

  test('a model that is loaded by hand and cannot fit stays as it was, and the call says why', async () => {
    const { client, states } = await serve({
      models: [{ name: 'small' }, { name: 'big', isLazy: true }],
      freeMemory: () => Promise.resolve({ mainBytes: 10, deviceBytes: 0 }),
      bytesOf: (model) => (model === 'big' ? 12 : 1),
    });
    await client.unloadModel({ model: 'big' }, LIMITS);
    const refused: unknown = await followLoad(client, 'big').catch((error: unknown) => error);
    expect(refused).toMatchObject({ details: expect.stringContaining('`big` needs') });
    expect(await states()).toEqual({ small: 'READY', big: 'UNLOADED' });
  });

  test('a worker that drains wakes and loads nothing', async () => {
    const models = await serve({ models: [{ name: 'a', isLazy: true }] });
    const { client, session } = models;
    await client.drain(1_000);
    session.start(story(1));
    expect((await session.ended(1)).failure).toMatchObject({ code: 'WORKER_DRAINING' });
    await followLoad(client, 'a');
    expect(models.log).toEqual([]);
  });

  test('UnloadModel lets running requests end, refuses others, and only a load brings the model back', async () => {
    const { beforeStep, open } = gate();
    const models = await serve({ models: [{ name: 'a' }], engine: { beforeStep } });
    const { client, session, states } = models;
    session.start(story(1));
    await until(() => session.eventsOf(1).length > 0);
    const unloaded = client.unloadModel({ model: 'a' }, LIMITS);
    await until(async () => (await states())['a'] === 'DRAINING');
    session.start(story(2));
    expect((await session.ended(2)).failure).toMatchObject({ code: 'MODEL_NOT_READY' });
    open();
    expect((await session.ended(1)).finished?.reason).toBe('LENGTH');
    expect(await unloaded).toMatchObject({ state: 'UNLOADED' });
    session.start(story(3));
    expect((await session.ended(3)).failure).toMatchObject({ code: 'MODEL_NOT_READY' });
    await followLoad(client, 'a');
    session.start(story(4));
    expect((await session.ended(4)).finished?.reason).toBe('LENGTH');
  });

  test.each([
    ['it was told to', { drainMs: 1 }, {}],
    ['its worker may drain, whatever it was told', { drainMs: 60_000 }, { drainMs: 1 }],
  ])('UnloadModel waits no longer than %s', async (_what, asked, worker) => {
    const { beforeStep, open } = gate();
    const { client, session } = await serve({ ...worker, models: [{ name: 'a' }], engine: { beforeStep } });
    session.start(story(1));
    await until(() => session.eventsOf(1).length > 0);
    const unloaded = client.unloadModel({ model: 'a', ...asked }, LIMITS);
    // The step in flight ends; nothing else does.
    setTimeout(open, 100);
    expect(await unloaded).toMatchObject({ state: 'UNLOADED' });
    expect((await session.ended(1)).failure).toMatchObject({ code: 'SHUTTING_DOWN' });
  });

  test('PinModel pins and unpins', async () => {
    const models = await serve({ models: [{ name: 'a', idleSleepMs: 1 }] });
    expect(await models.client.pinModel({ model: 'a', isPinned: true }, LIMITS)).toMatchObject({ isPinned: true });
    models.advance(1_000);
    models.registry.check();
    expect(models.kinds()).toEqual({ a: 'ready' });
    expect(await models.client.pinModel({ model: 'a', isPinned: false }, LIMITS)).toMatchObject({ isPinned: false });
    models.registry.check();
    await until(() => models.kinds()['a'] === 'asleep');
  });
});
