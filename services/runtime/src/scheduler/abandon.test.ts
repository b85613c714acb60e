import { expect, test } from '@jest/globals';
import { Fault } from '@sluice/platform/fault';
import { createHarness, faultCode, prompt } from './scheduler.harness.ts';

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
  scheduler.abandon(new Fault('SHUTTING_DOWN', { message: 'It hangs.' }));
  expect(faultCode(await running.ended)).toBe('SHUTTING_DOWN');
  expect(faultCode(await waiting.ended)).toBe('SHUTTING_DOWN');
  expect(running.flushes.length).toBeGreaterThan(0);
  expect((await running.ended).usage.completionTokens).toBe(running.tokens().length);
  expect(() => submit()).toThrow('shutting down');
  expect(calls).toEqual([]);
});
