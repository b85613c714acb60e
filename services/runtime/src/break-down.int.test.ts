import { afterEach, describe, expect, test } from '@jest/globals';
import type { Fault } from '@sluice/platform/fault';
import { until } from '@sluice/testing/until';
import { createBreakDown } from './break-down.ts';
import { scriptedModels } from './test-support/scripted-models.ts';
import { serveModels } from './test-support/serve-models.ts';
import { openSession, story } from './test-support/session.ts';

describe('a worker that breaks down', () => {
  let close: () => Promise<void> = () => Promise.resolve();
  afterEach(() => close());

  test('after three failed steps of one model tells the clients of all, and takes no more', async () => {
    const broken: unknown[] = [];
    // The model that fails reads its prompts in slot 0, the other's steps never end.
    let isFailing = false;
    const held = Promise.withResolvers<void>();
    const { registry } = scriptedModels({
      models: [{ name: 'failing' }, { name: 'sound', slots: 1 }],
      engine: {
        beforeStep: (kind) => {
          if (kind === 'decode') return held.promise;
          if (isFailing) throw new Error('planned');
          return undefined;
        },
      },
      onBroken: (cause) => breakDown(cause),
    });
    const breakDown = createBreakDown({ models: registry, onBroken: (cause) => broken.push(cause) });
    const served = await serveModels(registry, { drainMs: 0 });
    close = () => served.close();
    await registry.start();
    const session = openSession(served.client);
    session.start(story(1, { model: 'sound' }));
    session.start(story(2, { model: 'sound' }));
    await until(() => session.eventsOf(1).some(({ delta }) => delta));
    isFailing = true;
    for (const rid of [11, 12, 13]) {
      session.start(story(rid, { model: 'failing' }));
      expect((await session.ended(rid)).failure?.code).toBe('INTERNAL');
    }
    expect((await session.ended(1)).failure).toMatchObject({ code: 'SHUTTING_DOWN', usage: { completionTokens: 1 } });
    expect((await session.ended(2)).failure).toMatchObject({ code: 'SHUTTING_DOWN' });
    session.start(story(3, { model: 'sound' }));
    expect((await session.ended(3)).failure?.code).toMatch(/^(SHUTTING_DOWN|WORKER_DRAINING)$/);
    expect(broken).toMatchObject([{ message: 'planned' }]);
    breakDown(new Error('again'));
    expect(broken).toHaveLength(1);
    held.resolve();
    session.call.end();
  });

  test('tells its clients before the process is told to end', () => {
    const order: string[] = [];
    const models = { abandon: (fault: Fault) => void order.push(fault.code) };
    createBreakDown({ models, onBroken: () => order.push('end') })(new Error('planned'));
    expect(order).toEqual(['SHUTTING_DOWN', 'end']);
  });
});
