import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { startRuntimeProcess, type RuntimeProcess } from '@sluice/testing/runtime-process';
import { until } from '@sluice/testing/until';
import { openSession, story } from './test-support/session.ts';

/** Far above what a step of the demo model takes, on a machine that is busy with other things, too. */
const STEP_TIMEOUT_MS = '2000';
const TEST_TIMEOUT_MS = 120_000;

describe('a worker that hangs', () => {
  let folder: string;
  let runtime: RuntimeProcess | undefined;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-hung-'));
  });
  afterEach(async () => {
    await runtime?.stop();
    runtime = undefined;
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  async function serveAgain(worker: RuntimeProcess, model: string) {
    const isBack = async () => {
      const status = await worker.client.getStatus(1_000);
      return status.restarts === 1 && status.models.some(({ state }) => state === 'READY') && status;
    };
    // Killed after the time-out, started again, and the model loaded, beside whatever else the machine does.
    await until(isBack, 60_000);
    const session = openSession(worker.client);
    session.start(story(1, { model }));
    expect((await session.ended(1)).finished?.reason).toBe('LENGTH');
    session.call.end();
    return worker.client.getStatus(10_000);
  }

  // What blocks the one thread of the pool is a model on a disk that does not answer: opening a pipe that nobody writes to.
  test(
    'in a step tells its clients that they may try again, and serves again without a human',
    async () => {
      execFileSync('mkfifo', [join(folder, 'dead.gguf')]);
      writeFileSync(join(folder, 'dead.yaml'), 'name: dead\nmodel: dead.gguf\nlazy: true\n');
      const MODELS = `models/demo-chat.gguf,${folder}`;
      runtime = await startRuntimeProcess({ MODELS, STEP_TIMEOUT_MS });
      await runtime.untilReady();
      await until(async () => (await runtime?.client.getStatus(10_000))?.models[0]?.state === 'READY');
      const before = runtime.enginePid();
      const session = openSession(runtime.client);
      session.start(story(1, { model: 'demo-chat', stopping: { maxTokens: 1_500, ignoreEos: true } }));
      await until(() => session.eventsOf(1).length > 2);
      session.start(story(2, { model: 'dead' }));
      expect((await session.ended(1)).failure).toMatchObject({ code: 'SHUTTING_DOWN', usage: { promptTokens: 16 } });
      const status = await serveAgain(runtime, 'demo-chat');
      expect(status).toMatchObject({ state: 'READY', restarts: 1, lastExit: 'SIGKILL' });
      expect(status.models.map(({ name, state }) => [name, state])).toEqual([
        ['demo-chat', 'READY'],
        ['dead', 'ASLEEP'],
      ]);
      expect(runtime.enginePid()).not.toBe(before);
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'with its whole process is killed by its supervisor, and serves again without a human',
    async () => {
      runtime = await startRuntimeProcess({ STEP_TIMEOUT_MS });
      await runtime.untilReady();
      const session = openSession(runtime.client);
      session.start(story(1));
      await session.ended(1);
      process.kill(runtime.enginePid(), 'SIGSTOP');
      expect(await serveAgain(runtime, 'demo-chat')).toMatchObject({ restarts: 1, lastExit: 'SIGKILL' });
    },
    TEST_TIMEOUT_MS,
  );
});
