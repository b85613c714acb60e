import { afterEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '@sluice/platform/clock';
import { Fault } from '@sluice/platform/fault';
import { createLog } from '@sluice/platform/log';
import { createRuntimeClient } from '@sluice/proto/runtime-client';
import { startRuntimeServer } from '@sluice/proto/runtime-server';
import { createRuntimeService } from '../grpc/runtime-service.ts';
import { createStatusSource } from '../grpc/worker-status.ts';
import { scriptedModels } from '../test-support/scripted-models.ts';
import { openSession, story } from '../test-support/session.ts';

const log = createLog({ service: 'test', level: 'silent' });

describe('a model that is not there yet', () => {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  });

  /** A served model that loads when the test says so. */
  async function serve() {
    let progress: (fraction: number) => void = () => {};
    let fail: (error: unknown) => void = () => {};
    const loading = new Promise<void>((_resolve, reject) => {
      fail = reject;
    });
    const begun = Promise.withResolvers<void>();
    const { registry: models } = scriptedModels({
      models: [{ name: 'slow' }],
      beforeLoad: (_model, steps) => {
        progress = steps.onProgress;
        begun.resolve();
        return loading;
      },
    });
    const status = createStatusSource({
      workerId: 'w',
      backend: 'cpu',
      backendReason: 'test',
      engineVersion: 'test',
      models,
      clock: systemClock,
    });
    const server = await startRuntimeServer('127.0.0.1:0', createRuntimeService({ models, status, clock: systemClock, log, drainMs: 100 }));
    const client = createRuntimeClient(`127.0.0.1:${server.port}`);
    cleanups.push(() => models.close());
    cleanups.push(() => server.close(500));
    cleanups.push(() => client.close());
    const started = models.start();
    await begun.promise;
    return { client, started, progress: (fraction: number) => progress(fraction), fail };
  }

  test('answers MODEL_NOT_READY with the progress', async () => {
    const { client, progress } = await serve();
    progress(0.42);
    const session = openSession(client);
    session.start(story(1));
    const { failure } = await session.ended(1);
    expect(failure).toMatchObject({ code: 'MODEL_NOT_READY' });
    expect(failure?.message).toContain('42%');
    expect(await client.getStatus(10_000)).toMatchObject({
      state: 'LOADING',
      models: [{ name: 'slow', loadProgress: expect.closeTo(0.42) }],
    });
    session.call.end();
  });

  test('the same Fault reaches the caller of a unary call', async () => {
    const { client } = await serve();
    await expect(client.tokenize({ prompt: { text: 'x' } }, { deadlineMs: 1_000 })).rejects.toMatchObject({
      name: 'Fault',
      code: 'MODEL_NOT_READY',
    });
    await expect(client.tokenize({ model: 'other', prompt: { text: 'x' } }, { deadlineMs: 1_000 })).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
      param: 'model',
    });
  });

  test('a failed load tells its problem in the status and hides it from clients', async () => {
    const { client, fail, started } = await serve();
    fail(new Fault('MODEL_NOT_FOUND', { message: 'The model file x.gguf does not exist.' }));
    await started;
    expect((await client.getStatus(10_000)).models[0]).toMatchObject({ state: 'FAILED', problem: 'The model file x.gguf does not exist.' });
    const session = openSession(client);
    session.start(story(1));
    expect((await session.ended(1)).failure?.message).not.toContain('x.gguf');
    session.call.end();
  });
});
