import { describe, expect, test } from '@jest/globals';
import { NO_TOKEN, type Engine } from '../engine/engine.ts';
import { createHarness, faultCode, prompt, type Ended } from './scheduler.harness.ts';

type Call = 'decode' | 'prefill' | 'copy' | 'move' | 'useAdapter' | 'acquireSampler' | 'releaseSampler' | 'clear' | 'trim' | 'verify';

/** Guesses one wrong token for the first of those that decode. */
const WRONG = {
  propose: (all: readonly unknown[]) => Promise.resolve(all.map((_, i) => (i === 0 ? [9] : []))),
  forget() {},
};

function causeOf(ended: Ended): unknown {
  return ended.kind === 'failed' ? ended.fault.cause : undefined;
}

/** Makes one call of the engine fail, the `nth` time it is made from now on. A copy has emptied its target by then, as llama.cpp's has. */
function failNext(engine: Engine, call: Call, nth = 1): void {
  let calls = 0;
  const real = Reflect.get(engine, call) as (...args: unknown[]) => unknown;
  Reflect.set(engine, call, (...args: unknown[]) => {
    if (++calls === nth) {
      if (call === 'copy' || call === 'move') engine.clear(Number(args[1]));
      throw new Error(`planned: ${call}`);
    }
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
    // What the other slot held before is gone, too.
    const again = await submit({ prompt: prompt(6, 1), maxTokens: 4 }).ended;
    expect([faultCode(again), again.usage.cachedTokens]).toEqual(['finished LENGTH', 0]);
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
    const { submit, engine } = createHarness({ speculation: { source: WRONG, draftTokens: 1 } });
    failNext(engine, 'verify');
    const watched = [1, 2].map((seed) => submit({ prompt: prompt(8, seed), maxTokens: 30 }));
    const ends = await Promise.all(watched.map(({ ended }) => ended));
    expect(ends.map(faultCode)).toEqual(['INTERNAL', 'finished LENGTH']);
  });

  test('fails a request whose wrong guess could not be taken back, and none beside it', async () => {
    const { submit, engine, broken } = createHarness({ speculation: { source: WRONG, draftTokens: 1 } });
    failNext(engine, 'trim');
    const watched = [1, 2].map((seed) => submit({ prompt: prompt(8, seed), maxTokens: 30 }));
    const ends = await Promise.all(watched.map(({ ended }) => ended));
    expect(ends.map(faultCode)).toEqual(['INTERNAL', 'finished LENGTH']);
    expect(broken).toEqual([]);
  });

  test('fails a request whose sampler could not be told that it may end, and none beside it', async () => {
    const { submit, engine, broken } = createHarness();
    const acquire = engine.acquireSampler.bind(engine);
    engine.acquireSampler = (params) => ({
      ...acquire(params),
      allowEndOfGeneration: () => {
        throw new Error('planned');
      },
    });
    const watched = [0, 3].map((minTokens) => submit({ prompt: prompt(8, minTokens), minTokens }));
    const ends = await Promise.all(watched.map(({ ended }) => ended));
    expect(ends.map(faultCode)).toEqual(['finished LENGTH', 'INTERNAL']);
    expect(causeOf(ends[1] as Ended)).toMatchObject({ message: 'planned' });
    expect(broken).toEqual([]);
  });

  test.each(['tokens', 'failures'] as const)('fails a request that its sampler fails, and none beside it: %s', async (part) => {
    const { submit, engine, broken } = createHarness();
    const decode = engine.decode.bind(engine);
    const failure = new Error('planned');
    engine.decode = async (items) => {
      const result = await decode(items);
      const tokens = result.tokens.map((token, i) => (i === 0 ? NO_TOKEN : token));
      return { ...result, tokens, ...(part === 'failures' && { failures: [failure] }) };
    };
    const watched = [0, 1].map((first) => submit({ prompt: prompt(8, first), maxTokens: first === 0 ? 5 : 1 }));
    const ends = await Promise.all(watched.map(({ ended }) => ended));
    expect(ends.map(faultCode)).toEqual(['INTERNAL', 'finished LENGTH']);
    expect(causeOf(ends[0] as Ended)).toBe(part === 'failures' ? failure : undefined);
    expect(broken).toEqual([]);
  });

  test.each(['push', 'flush'] as const)('and what cannot be made of the text fails that request alone: %s', async (call) => {
    const { submit, broken } = createHarness();
    const text = { push: () => ({ text: 'x', match: undefined }), flush: () => ({ text: '', match: undefined }) };
    const failing = {
      ...text,
      [call]: () => {
        throw new TypeError('planned');
      },
    };
    const watched = [submit({ text: failing }), submit({ prompt: prompt(8, 1), text })];
    const ends = await Promise.all(watched.map(({ ended }) => ended));
    expect(ends.map(faultCode)).toEqual(['INTERNAL', 'finished LENGTH']);
    expect(causeOf(ends[0] as Ended)).toMatchObject({ message: 'planned' });
    expect(broken).toEqual([]);
  });

  test('at the end of a request takes nothing else with it: a sampler that is not taken back', async () => {
    const { submit, engine, scheduler, broken, leaks } = createHarness();
    const watched = [5, 30].map((maxTokens) => submit({ prompt: prompt(8, maxTokens), maxTokens }));
    failNext(engine, 'releaseSampler');
    const ends = await Promise.all(watched.map(({ ended }) => ended));
    expect(ends.map(faultCode)).toEqual(['finished LENGTH', 'finished LENGTH']);
    expect(leaks).toMatchObject([{ message: 'planned: releaseSampler' }]);
    expect(scheduler.snapshot().slotsBusy).toBe(0);
    expect(broken).toEqual([]);
  });

  test('at the end of a request takes nothing else with it: a slot that cannot be cleared', async () => {
    const { submit, engine, scheduler, broken, leaks } = createHarness({ engine: { slots: 1 } });
    const first = submit({ maxTokens: 60 });
    await first.began;
    failNext(engine, 'decode');
    failNext(engine, 'clear');
    expect(faultCode(await first.ended)).toBe('INTERNAL');
    expect(leaks).toMatchObject([{ message: 'planned: clear' }]);
    expect(scheduler.snapshot().slotsBusy).toBe(0);
    // It is cleared before it is used again.
    expect(faultCode(await submit({ prompt: prompt(9, 2) }).ended)).toBe('finished LENGTH');
    expect(broken).toEqual([]);
  });

  test('at the end of a request takes nothing else with it: guesses that cannot be forgotten', async () => {
    const givenUp: unknown[] = [];
    const source = {
      ...WRONG,
      forget: () => {
        throw new Error('planned');
      },
    };
    const { submit, broken } = createHarness({ speculation: { source, draftTokens: 1, onGivenUp: (cause) => givenUp.push(cause) } });
    const ends = await Promise.all([1, 2].map((seed) => submit({ prompt: prompt(8, seed) }).ended));
    expect(ends.map(faultCode)).toEqual(['finished LENGTH', 'finished LENGTH']);
    expect(givenUp).toMatchObject([{ message: 'planned' }]);
    expect(broken).toEqual([]);
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
