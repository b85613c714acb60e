import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Fault } from '@sluice/platform/fault';
import { PrefixStore } from '../prefix-store/prefix-store.ts';
import { createHarness, faultCode, prompt, scriptedEngine } from './scheduler.harness.ts';

const HANGS = new Fault('SHUTTING_DOWN', { message: 'It hangs.' });

/** A call that never comes back, and the moment at which it is made. */
function hangingCall(): { call: () => Promise<never>; called: Promise<void> } {
  const called = Promise.withResolvers<void>();
  const call = (): Promise<never> => {
    called.resolve();
    return new Promise(() => {});
  };
  return { call, called: called.promise };
}

test('a scheduler whose engine hangs tells those that run and those that wait, and calls the engine no more', async () => {
  const hung = Promise.withResolvers<void>();
  const hanging = Promise.withResolvers<void>();
  const { submit, scheduler, engine } = createHarness({
    engine: {
      slots: 1,
      beforeStep: (kind) => {
        if (kind !== 'decode') return undefined;
        hanging.resolve();
        return hung.promise;
      },
    },
  });
  const running = submit({ maxTokens: 20 });
  await running.began;
  await hanging.promise;
  const waiting = submit({ prompt: prompt(4, 1) });
  const calls: PropertyKey[] = [];
  for (const call of ['clear', 'trim', 'releaseSampler', 'decode', 'prefill'] as const) {
    Reflect.set(engine, call, () => void calls.push(call));
  }
  scheduler.abandon(HANGS);
  expect(faultCode(await running.ended)).toBe('SHUTTING_DOWN');
  expect(faultCode(await waiting.ended)).toBe('SHUTTING_DOWN');
  expect(running.flushes.length).toBeGreaterThan(0);
  expect((await running.ended).usage.completionTokens).toBe(running.tokens().length);
  expect(() => submit()).toThrow('shutting down');
  const told = running.events.length;
  // The step comes to an end after all.
  hung.resolve();
  await scheduler.close();
  expect(running.events).toHaveLength(told);
  expect(calls).toEqual([]);
});

describe('what belongs to a step is watched as the step is', () => {
  type Harness = ReturnType<typeof createHarness>;

  async function expectWatched({ scheduler, advance }: Harness, called: Promise<void>, waiting: ReturnType<Harness['submit']>) {
    await called;
    advance(5_000);
    expect(scheduler.stepAgeMs).toBeGreaterThanOrEqual(5_000);
    scheduler.abandon(HANGS);
    expect(faultCode(await waiting.ended)).toBe('SHUTTING_DOWN');
    expect(waiting.events.filter(({ kind }) => kind === 'failed')).toHaveLength(1);
  }

  test('a guess of a source that does not answer', async () => {
    const { call, called } = hangingCall();
    const harness = createHarness({ speculation: { source: { propose: call, forget() {} }, draftTokens: 2 } });
    await expectWatched(harness, called, harness.submit({ maxTokens: 20 }));
  });

  test('a copy while a request is given its slot', async () => {
    const { call, called } = hangingCall();
    const harness = createHarness({ engine: { slots: 3 } });
    const running = harness.submit({ maxTokens: 240 });
    await running.began;
    // What it leaves in the slot beside is carried to another when the slot is taken.
    await harness.submit({ prompt: prompt(100, 31), maxTokens: 1 }).ended;
    harness.engine.copy = call;
    const placed = harness.submit({ prompt: prompt(100, 62), maxTokens: 1 });
    await expectWatched(harness, called, placed);
    expect(placed.events.map(({ kind }) => kind)).toEqual(['failed']);
    expect(faultCode(await running.ended)).toBe('SHUTTING_DOWN');
  });

  test('a file of a prefix on a disk that does not answer', async () => {
    const { call, called } = hangingCall();
    const engine = scriptedEngine({ slots: 1 });
    const folder = mkdtempSync(join(tmpdir(), 'sluice-abandon-'));
    const prefixStore = await PrefixStore.open({ engine, folder, bytesMax: 100_000 });
    const harness = createHarness({ engine, prefixStore });
    await harness.submit({ prompt: prompt(100), maxTokens: 1 }).ended;
    engine.save = call;
    await expectWatched(harness, called, harness.submit({ prompt: prompt(100, 31), maxTokens: 1 }));
    rmSync(folder, { recursive: true });
  });

  test('and waiting for work is no step', async () => {
    const { submit, scheduler, advance } = createHarness();
    await submit().ended;
    await new Promise((resolve) => setImmediate(resolve));
    advance(5_000);
    expect(scheduler.stepAgeMs).toBeUndefined();
  });
});
