import { describe, expect, test } from '@jest/globals';
import { createHarness, prompt } from './scheduler.harness.ts';

describe('prompts that are read in one step', () => {
  const read = async (lengths: readonly number[]) => {
    const { submit, steps } = createHarness({ engine: { slots: 4, contextTokens: 512, batchTokens: 200 } });
    const watched = lengths.map((length, i) => submit({ prompt: prompt(length, 7 * i), maxTokens: 3 }));
    await Promise.all(watched.map(({ ended }) => ended));
    return steps.map(({ kind, sequences, tokens }) => `${kind} ${sequences} × ${tokens / sequences}`);
  };

  test('go to the engine together where they are of one length', async () => {
    expect(await read([90, 90])).toEqual(['prefill 2 × 90', 'decode 2 × 1', 'decode 2 × 1']);
  });

  test('go to it one after the other where they are not, and nobody decodes between', async () => {
    expect(await read([90, 80])).toEqual(['prefill 1 × 90', 'prefill 1 × 80', 'decode 2 × 1', 'decode 2 × 1']);
  });

  test('leave what is over to a step of its own where it would be a small part of a prompt', async () => {
    // The first step begins with the shortest.
    expect((await read([90, 90, 70])).slice(0, 3)).toEqual(['prefill 1 × 90', 'prefill 1 × 70', 'decode 2 × 1']);
    expect((await read([130, 90, 50])).slice(0, 3)).toEqual(['prefill 1 × 90', 'prefill 1 × 50', 'decode 2 × 1']);
    expect((await read([100, 300])).slice(0, 3)).toEqual(['prefill 2 × 100', 'decode 1 × 1', 'prefill 1 × 200']);
    expect((await read([90, 90, 20])).slice(0, 3)).toEqual(['prefill 2 × 90', 'prefill 1 × 20', 'decode 3 × 1']);
  });
});
