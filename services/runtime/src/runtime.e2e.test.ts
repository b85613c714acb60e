import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startRuntimeProcess, type RuntimeProcess } from '@sluice/testing/runtime-process';
import { testTokenCaps } from '@sluice/testing/token-caps.contract';
import { until } from '@sluice/testing/until';
import { openSession, story } from './test-support/session.ts';

testTokenCaps('a runtime with a model', async () => {
  const runtime = await startRuntimeProcess();
  await runtime.untilReady();
  return { address: runtime.address, close: () => runtime.stop() };
});

describe('a runtime process', () => {
  let runtime: RuntimeProcess;
  beforeAll(async () => {
    runtime = await startRuntimeProcess({ SLOTS: '8', QUEUE_LIMIT: '16' });
    await runtime.untilReady();
  });
  afterAll(() => runtime.stop());

  test('tells its model, backend and capacity', async () => {
    const status = await runtime.client.getStatus(10_000);
    expect(status.backend).toBe('cpu');
    expect(status.engineVersion).toBe('node-llama-cpp 3.22.1');
    expect(status.models[0]).toMatchObject({ name: 'demo-chat', state: 'READY', slotsTotal: 8, queueLimit: 16, contextTokensMax: 2048 });
  });

  test('carries many requests in one session, one frame a step', async () => {
    const session = openSession(runtime.client);
    for (let rid = 1; rid <= 8; rid++) session.start(story(rid));
    const ends = await Promise.all(Array.from({ length: 8 }, (_, i) => session.ended(i + 1)));
    expect(ends.map((event) => event.finished?.reason)).toEqual(Array.from({ length: 8 }, () => 'LENGTH'));
    expect(new Set(Array.from({ length: 8 }, (_, i) => session.textOf(i + 1))).size).toBe(1);
    const steps = session.frames.map((frame) => frame.step);
    expect(new Set(steps).size).toBe(steps.length);
    expect(Math.max(...session.frames.map((frame) => frame.events.length))).toBeGreaterThanOrEqual(8);
    session.call.end();
  });

  test('a bad request fails alone and names what is wrong', async () => {
    const session = openSession(runtime.client);
    session.start(story(1));
    session.start(story(2, { model: 'gpt-5' }));
    session.start(story(3, { prompt: { text: 'word '.repeat(3_000) } }));
    session.start(story(4, { prompt: {} }));
    session.start(story(5, { sampling: { logitBias: [{ tokenId: 99_999, bias: 1 }] } }));
    expect((await session.ended(2)).failure).toMatchObject({ code: 'MODEL_NOT_FOUND', param: 'model' });
    expect((await session.ended(3)).failure).toMatchObject({ code: 'CONTEXT_LENGTH_EXCEEDED' });
    expect((await session.ended(4)).failure).toMatchObject({ code: 'MISSING_PARAMETER', param: 'prompt' });
    expect((await session.ended(5)).failure).toMatchObject({ code: 'INVALID_VALUE', param: 'logit_bias' });
    expect((await session.ended(1)).finished).toMatchObject({ reason: 'LENGTH', usage: { completionTokens: 40 } });
    session.call.end();
  });

  test('a cancelled request is over within a step, its slot free, its usage exact', async () => {
    const session = openSession(runtime.client);
    session.start(story(1, { stopping: { maxTokens: 1_500, ignoreEos: true } }));
    await until(() => session.eventsOf(1).length > 5);
    const lastStep = session.frames.at(-1)?.step ?? 0;
    session.cancel(1);
    const { finished } = await session.ended(1);
    expect(finished?.reason).toBe('CANCELLED');
    const tokens = session.eventsOf(1).flatMap((event) => event.delta?.tokenIds ?? []);
    expect(finished?.usage?.completionTokens).toBe(tokens.length);
    expect(tokens.length).toBeLessThan(1_400);
    expect(session.frames.at(-1)?.step).toBeGreaterThanOrEqual(lastStep);
    expect((await runtime.client.getStatus(10_000)).models[0]?.slotsBusy).toBe(0);
    session.call.end();
  });

  test('a session that ends frees what it started', async () => {
    const session = openSession(runtime.client);
    session.start(story(1, { stopping: { maxTokens: 1_500, ignoreEos: true } }));
    await until(() => session.eventsOf(1).length > 2);
    session.call.cancel();
    const watcher = openSession(runtime.client);
    for (let i = 0; i < 100; i++) {
      if ((await runtime.client.getStatus(10_000)).models[0]?.slotsBusy === 0) break;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect((await runtime.client.getStatus(10_000)).models[0]?.slotsBusy).toBe(0);
    watcher.call.end();
  });

  test('a full queue refuses with SERVER_OVERLOADED and serves the rest', async () => {
    const session = openSession(runtime.client);
    for (let rid = 1; rid <= 30; rid++) session.start(story(rid));
    const ends = await Promise.all(Array.from({ length: 30 }, (_, i) => session.ended(i + 1)));
    const refused = ends.filter((event) => event.failure?.code === 'SERVER_OVERLOADED').length;
    expect(refused).toBeGreaterThan(0);
    expect(ends.filter((event) => event.finished?.reason === 'LENGTH').length).toBe(30 - refused);
    session.call.end();
  });

  test('priority and deadline of a request that waits reach the scheduler', async () => {
    const session = openSession(runtime.client);
    for (let rid = 1; rid <= 8; rid++) session.start(story(rid, { stopping: { maxTokens: 600, ignoreEos: true } }));
    await until(() => session.eventsOf(8).length > 0);
    session.start(story(9, { priority: -1 }));
    session.start(story(10, { priority: 5 }));
    session.start(story(11, { queueTimeoutMs: 1 }));
    expect((await session.ended(11)).failure).toMatchObject({ code: 'TIMEOUT', usage: { completionTokens: 0 } });
    expect(session.eventsOf(11).filter(({ queued }) => !queued)).toHaveLength(1);
    await Promise.all([session.ended(9), session.ended(10)]);
    const starts = session.frames.flatMap(({ events }) => events.filter((event) => event.started).map(({ rid }) => rid));
    expect(starts.slice(8)).toEqual([10, 9]);
    session.call.end();
  });

  test('stop strings, seeds and biases reach the engine', async () => {
    const session = openSession(runtime.client);
    session.start(story(1, { stopping: { maxTokens: 40, stop: ['fox'] } }));
    session.start(story(2, { stopping: { maxTokens: 40, stop: ['fox'], includeStop: true } }));
    session.start(story(3, { sampling: { temperature: 1, seed: 42 } }));
    session.start(story(4, { sampling: { temperature: 1, seed: 42 } }));
    expect((await session.ended(1)).finished).toMatchObject({ reason: 'STOP_STRING', stopMatch: 'fox' });
    expect(session.textOf(1)).toBe('Once upon a time there was a cheerful ');
    await session.ended(2);
    expect(session.textOf(2)).toBe('Once upon a time there was a cheerful fox');
    expect((await session.ended(3)).finished?.seed).toBe(42);
    await session.ended(4);
    expect(session.textOf(3)).toBe(session.textOf(4));
    session.call.end();
  });

  test('a profile fills in what a request leaves unset, and is named at the start and at the end', async () => {
    const session = openSession(runtime.client);
    const seeds = { seed: 7 };
    const options = { stopping: { maxTokens: 40 } };
    session.start(story(1, { ...options, sampling: { ...seeds, temperature: 0.7, topP: 0.95, minP: 0.05, repetitionPenalty: 1.1 } }));
    session.start(story(2, { ...options, sampling: seeds, profile: 'lively' }));
    session.start(story(3, { ...options, sampling: { temperature: 0 }, profile: 'auto' }));
    session.start(story(4, { profile: 'fast' }));
    expect((await session.ended(1)).finished).toMatchObject({ profile: '' });
    expect((await session.ended(2)).finished).toMatchObject({ profile: 'lively' });
    expect([1, 2].map((rid) => session.eventsOf(rid).find(({ started }) => started)?.started?.profile)).toEqual(['', 'lively']);
    expect(session.textOf(2)).toBe(session.textOf(1));
    expect((await session.ended(3)).finished).toMatchObject({ profile: 'lively' });
    expect((await session.ended(4)).failure).toMatchObject({
      code: 'INVALID_VALUE',
      param: 'profile',
      message: expect.stringContaining('lively, focused'),
    });
    const [model] = (await runtime.client.getStatus(10_000)).models;
    expect(model?.profiles.map(({ name, promptTokensMin }) => ({ name, promptTokensMin }))).toEqual([
      { name: 'lively', promptTokensMin: 0 },
      { name: 'focused', promptTokensMin: 512 },
    ]);
    session.call.end();
  });

  test('Generate answers one request as a plain stream', async () => {
    const stream = runtime.client.generate(story(7));
    let text = '';
    let reason: string | undefined;
    for await (const event of stream) {
      text += event.delta?.text ?? '';
      reason ??= event.finished?.reason;
    }
    expect(text).toContain('Once upon a time');
    expect(reason).toBe('LENGTH');
  });

  test('Tokenize counts what a chat takes', async () => {
    const answer = await runtime.client.tokenize(
      { prompt: { chat: { messages: [{ role: 'user', content: 'Tell me a story about a fox.' }] } } },
      { deadlineMs: 1_000 },
    );
    expect(answer.tokenIds).toHaveLength(16);
    expect(answer.contextTokensMax).toBe(2048);
  });

  test('WatchStatus repeats at its interval', async () => {
    const stream = runtime.client.watchStatus(50);
    const sequences: number[] = [];
    for await (const status of stream) {
      sequences.push(status.sequence);
      if (sequences.length === 3) break;
    }
    expect(sequences.toSorted((a, b) => a - b)).toEqual(sequences);
  });

  test('a killed worker is serving again without a human', async () => {
    const session = openSession(runtime.client);
    session.start(story(1, { stopping: { maxTokens: 1_500, ignoreEos: true } }));
    await until(() => session.eventsOf(1).length > 2);
    const lost = once(session.call, 'error');
    session.call.on('error', () => {});
    const before = runtime.enginePid();
    process.kill(before, 'SIGKILL');
    await lost.catch((error: unknown) => expect(String(error)).toContain('UNAVAILABLE'));
    await runtime.untilReady();
    const again = openSession(runtime.client);
    again.start(story(1));
    expect((await again.ended(1)).finished?.reason).toBe('LENGTH');
    expect(runtime.enginePid()).not.toBe(before);
    again.call.end();
  });
});

describe('a runtime that starts or stops', () => {
  test('a missing model is a problem that says what to do', async () => {
    const runtime = await startRuntimeProcess({ MODEL: '/nowhere/model.gguf' });
    try {
      let problem = '';
      for (let i = 0; i < 200 && problem === ''; i++) {
        problem = (await runtime.client.getStatus(10_000).catch(() => undefined))?.models[0]?.problem ?? '';
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(problem).toContain('/nowhere/model.gguf does not exist');
      expect(problem).toContain('Set MODEL');
    } finally {
      await runtime.stop();
    }
  });

  test('a wrong setting names the variable and ends with a configuration exit code', async () => {
    const runtime = await startRuntimeProcess({ THREADS: 'many' });
    const [code] = await once(runtime.service.child, 'exit');
    expect(code).toBe(78);
    expect(runtime.service.output()).toContain('THREADS');
    await runtime.stop();
  });

  test('SIGTERM lets a running generation finish', async () => {
    const runtime = await startRuntimeProcess();
    await runtime.untilReady();
    const session = openSession(runtime.client);
    session.start(story(1, { stopping: { maxTokens: 400, ignoreEos: true } }));
    await until(() => session.eventsOf(1).length > 2);
    runtime.service.child.kill('SIGTERM');
    const exited = once(runtime.service.child, 'exit');
    expect((await session.ended(1)).finished).toMatchObject({ reason: 'LENGTH', usage: { completionTokens: 400 } });
    expect((await exited)[0]).toBe(0);
    await runtime.stop();
  });
});
