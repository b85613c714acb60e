import { describe, expect, test } from '@jest/globals';
import { GREEDY } from '../engine/greedy.ts';
import type { TextSink } from './generation.ts';
import { createHarness, END, faultCode, prompt } from './scheduler.harness.ts';

/** A text that says after its second token what follows. */
function forcing(tokens: readonly number[]): TextSink {
  let pushed = 0;
  return {
    push: (token) => ({ text: `${token} `, match: undefined, ...(++pushed === 2 && { forcedTokens: tokens }) }),
    flush: () => ({ text: '', match: undefined }),
  };
}

describe('tokens that the text forces', () => {
  test('are said in place of what would be sampled, and what follows continues them', async () => {
    const { submit } = createHarness();
    const free = submit();
    await free.ended;
    const forced = submit({ text: forcing([50, 51, 52]) });
    expect(faultCode(await forced.ended)).toBe('finished LENGTH');
    const start = [...free.tokens().slice(0, 2), 50, 51, 52];
    expect(forced.tokens()).toHaveLength(10);
    expect(forced.tokens().slice(0, 5)).toEqual(start);
    const joined = submit({ prompt: Uint32Array.of(...prompt(8), ...start), maxTokens: 5 });
    await joined.ended;
    expect(forced.tokens().slice(5)).toEqual(joined.tokens());
  });

  test('have log probabilities of their own', async () => {
    const { submit } = createHarness();
    const watched = submit({ text: forcing([50, 51, 52]), sampling: { ...GREEDY, logprobs: 2 } });
    await watched.ended;
    const logprobs = watched.events.flatMap((event) => (event.kind === 'delta' ? (event.logprobs ?? []) : []));
    expect(logprobs.map(({ tokenId }) => tokenId)).toEqual(watched.tokens());
    expect(logprobs.slice(2, 5).every(({ logprob = 0, top }) => logprob < (top[0]?.logprob ?? 0))).toBe(true);
  });

  test('do not end the answer, whatever they are', async () => {
    const { submit } = createHarness();
    const watched = submit({ text: forcing([END]) });
    expect(faultCode(await watched.ended)).toBe('finished LENGTH');
    expect(watched.tokens()[2]).toBe(END);
  });

  test('survive the loss of the slot', async () => {
    const alone = createHarness();
    const expected = alone.submit({ text: forcing([50, 51, 52]) });
    await expected.ended;
    const forced = Promise.withResolvers<void>();
    const text = forcing([50, 51, 52]);
    const { submit, preemptions } = createHarness({ engine: { slots: 1 } });
    const low = submit({
      text: {
        ...text,
        push: (token) => {
          const piece = text.push(token);
          if (piece.forcedTokens) forced.resolve();
          return piece;
        },
      },
    });
    await forced.promise;
    const high = submit({ prompt: prompt(8, 5), priority: 10, maxTokens: 2 });
    await Promise.all([low.ended, high.ended]);
    expect(preemptions()).toBe(1);
    expect(low.tokens()).toEqual(expected.tokens());
  });
});
