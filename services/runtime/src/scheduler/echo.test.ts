import { describe, expect, test } from '@jest/globals';
import { createHarness, faultCode, prompt } from './scheduler.harness.ts';

describe('an echo', () => {
  test('comes before the answer, and counts for nothing', async () => {
    const { submit } = createHarness();
    const watched = submit({ prompt: prompt(20), maxTokens: 3, echo: { text: 'the prompt', logprobs: undefined } });
    const { usage } = await watched.ended;
    expect(usage).toMatchObject({ promptTokens: 20, completionTokens: 3 });
    const deltas = watched.events.flatMap((event) => (event.kind === 'delta' ? [event] : []));
    expect(deltas.map(({ text, isEcho = false }) => [text, isEcho]).slice(0, 2)).toEqual([
      ['the prompt', true],
      [expect.stringMatching(/^\d+ $/), false],
    ]);
  });

  test('may be all that is wanted', async () => {
    const { submit, scheduler } = createHarness();
    const watched = submit({ prompt: prompt(20), maxTokens: 0, echo: { text: 'the prompt', logprobs: undefined } });
    expect(faultCode(await watched.ended)).toBe('finished LENGTH');
    expect(watched.events.map(({ kind }) => kind)).toEqual(['started', 'delta', 'finished']);
    expect(scheduler.snapshot().slotsBusy).toBe(0);
  });

  test('with log probabilities reads every token of the prompt, in small steps, although they are in a cache', async () => {
    const { submit, steps } = createHarness({ engine: { batchTokens: 128 } });
    await submit({ prompt: prompt(150), maxTokens: 2 }).ended;
    const from = steps.length;
    const watched = submit({ prompt: prompt(150), maxTokens: 2, echo: { text: 'x', logprobs: 2 } });
    expect((await watched.ended).usage.cachedTokens).toBe(0);
    expect(steps.slice(from).flatMap(({ kind, tokens }) => (kind === 'prefill' ? [tokens] : []))).toEqual([64, 64, 22]);
    const echo = watched.events.find((event) => event.kind === 'delta');
    expect(echo).toMatchObject({ isEcho: true, tokenIds: [...prompt(150)] });
    const logprobs = (echo?.kind === 'delta' && echo.logprobs) || [];
    expect(logprobs.map(({ tokenId }) => tokenId)).toEqual([...prompt(150)]);
    expect(logprobs.map(({ logprob }) => logprob === undefined).lastIndexOf(true)).toBe(0);
  });

  test('tells each token of a prompt once, also when it had to be read again', async () => {
    const steps: string[] = [];
    const half = Promise.withResolvers<void>();
    const { submit, preemptions } = createHarness({
      engine: {
        slots: 1,
        beforeStep: (kind) => {
          steps.push(kind);
          if (steps.length === 2) half.resolve();
        },
      },
    });
    const low = submit({ prompt: prompt(200), maxTokens: 2, echo: { text: 'x', logprobs: 1 } });
    await half.promise;
    const high = submit({ priority: 10, maxTokens: 3 });
    await Promise.all([low.ended, high.ended]);
    expect(preemptions()).toBe(1);
    const echo = low.events.find((event) => event.kind === 'delta');
    const logprobs = (echo?.kind === 'delta' && echo.logprobs) || [];
    expect(logprobs.map(({ tokenId }) => tokenId)).toEqual([...prompt(200)]);
  });
});
