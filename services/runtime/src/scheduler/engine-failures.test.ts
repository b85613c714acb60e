import { describe, expect, test } from '@jest/globals';
import type { Engine } from '../engine/engine.ts';
import { createHarness, faultCode, prompt } from './scheduler.harness.ts';

type Call = 'decode' | 'prefill' | 'copy' | 'move' | 'useAdapter' | 'acquireSampler' | 'trim' | 'verify';

/** Makes one call of the engine fail, the `nth` time it is made from now on. */
function failNext(engine: Engine, call: Call, nth = 1): void {
  let calls = 0;
  const real = Reflect.get(engine, call) as (...args: unknown[]) => unknown;
  Reflect.set(engine, call, (...args: unknown[]) => {
    if (++calls === nth) throw new Error(`planned: ${call}`);
    return real.apply(engine, args);
  });
}

describe('a call of the engine that fails', () => {
  test.each(['acquireSampler', 'useAdapter', 'prefill'] as const)('fails the request that it was made for: %s', async (call) => {
    const { submit, engine, scheduler } = createHarness();
    failNext(engine, call);
    expect(faultCode(await submit().ended)).toBe('INTERNAL');
    expect(faultCode(await submit().ended)).toBe('finished LENGTH');
    expect(scheduler.snapshot().slotsBusy).toBe(0);
  });

  test('fails a request whose beginning could not be copied, and not the one it was to be copied from', async () => {
    const { submit, engine } = createHarness();
    const source = submit({ prompt: prompt(100), maxTokens: 60 });
    await source.began;
    failNext(engine, 'copy');
    const copy = submit({ prompt: Uint32Array.of(...prompt(100), 5, 6), maxTokens: 5 });
    expect(faultCode(await copy.ended)).toBe('INTERNAL');
    expect(faultCode(await source.ended)).toBe('finished LENGTH');
    expect(faultCode(await submit({ prompt: prompt(100), maxTokens: 5 }).ended)).toBe('finished LENGTH');
  });

  test('fails a sequence that could not be moved, and no other', async () => {
    const { submit, engine } = createHarness();
    const watched = [60, 4, 60].map((maxTokens, i) => submit({ prompt: prompt(6, i), maxTokens }));
    failNext(engine, 'move');
    const ends = await Promise.all(watched.map(({ ended }) => ended));
    expect(ends.map(faultCode)).toEqual(['finished LENGTH', 'finished LENGTH', 'INTERNAL']);
  });

  test('fails a request whose slot could not be trimmed, and the slot is used again', async () => {
    const { submit, engine, scheduler } = createHarness({ engine: { slots: 1 } });
    expect(faultCode(await submit({ prompt: prompt(100), maxTokens: 5 }).ended)).toBe('finished LENGTH');
    failNext(engine, 'trim');
    const again = Uint32Array.of(...prompt(100).slice(0, 90), 5, 6);
    expect(faultCode(await submit({ prompt: again, maxTokens: 5 }).ended)).toBe('INTERNAL');
    expect(faultCode(await submit({ prompt: again, maxTokens: 5 }).ended)).toBe('finished LENGTH');
    expect(scheduler.snapshot()).toMatchObject({ slotsBusy: 0, queueDepth: 0 });
  });

  test('fails those in a decode step, and not one that still reads or waits', async () => {
    const { submit, engine } = createHarness({ engine: { slots: 2 } });
    const first = submit({ prompt: prompt(6), maxTokens: 60 });
    await first.began;
    const [reading, waiting] = [submit({ prompt: prompt(100, 1), maxTokens: 3 }), submit({ prompt: prompt(6, 2), maxTokens: 3 })];
    failNext(engine, 'decode');
    expect(faultCode(await first.ended)).toBe('INTERNAL');
    expect(faultCode(await reading.ended)).toBe('finished LENGTH');
    expect(faultCode(await waiting.ended)).toBe('finished LENGTH');
  });

  test('fails those in a step of guesses, and not those beside it', async () => {
    const source = {
      propose: (all: readonly unknown[]) => Promise.resolve(all.map((_, i) => (i === 0 ? [9] : []))),
      forget() {},
    };
    const { submit, engine } = createHarness({ speculation: { source, draftTokens: 1 } });
    failNext(engine, 'verify');
    const watched = [1, 2].map((seed) => submit({ prompt: prompt(8, seed), maxTokens: 30 }));
    const ends = await Promise.all(watched.map(({ ended }) => ended));
    expect(ends.map(faultCode)).toEqual(['INTERNAL', 'finished LENGTH']);
  });

  test('three times in a row, at a step, means that the process should end', async () => {
    const { submit, engine, broken } = createHarness({
      engine: {
        beforeStep: () => {
          throw new Error('planned');
        },
      },
    });
    for (let i = 0; i < 3; i++) expect(faultCode(await submit().ended)).toBe('INTERNAL');
    expect(broken).toHaveLength(1);
    expect(engine.slots).toBe(4);
  });
});
