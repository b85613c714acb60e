import { describe, expect, test } from '@jest/globals';
import { PrefillBudget } from './prefill-budget.ts';

const ONE_LONG_PROMPT = { running: 8, waiting: 1, depth: 0, rest: 10_000, isUntouched: false };

describe('the prefill budget', () => {
  /** One prompt token costs 2 ms in narrow chunks and 3 ms in wide ones, so that a wide one does not fit. */
  const measured = (): PrefillBudget => {
    const budget = new PrefillBudget({ stallMs: 80, batchTokens: 512 });
    budget.recordPrefill({ tokens: 20, length: 20, depth: 0, ms: 40 });
    budget.recordPrefill({ tokens: 128, length: 128, depth: 0, ms: 384 });
    return budget;
  };

  test('takes whole batches while nothing runs', () => {
    expect(measured().tokens({ ...ONE_LONG_PROMPT, running: 0, waiting: 3 })).toBe(512);
  });

  test('finds out with a small step what a token costs', () => {
    expect(new PrefillBudget({ stallMs: 80, batchTokens: 512 }).tokens({ ...ONE_LONG_PROMPT, running: 1 })).toBe(16);
  });

  test('takes what fits the stall it may cause', () => {
    expect(measured().tokens(ONE_LONG_PROMPT)).toBe(40);
    const fast = new PrefillBudget({ stallMs: 80, batchTokens: 512 });
    fast.recordPrefill({ tokens: 128, length: 128, depth: 0, ms: 64 });
    expect(fast.tokens(ONE_LONG_PROMPT)).toBe(128);
  });

  test('takes whole tiles where one fits, and knows what a token costs in one', () => {
    const budget = measured();
    const isTile = (ms: number): boolean => {
      for (let i = 0; i < 90; i++) budget.recordPrefill({ tokens: 64, length: 64, depth: 0, ms });
      return budget.tokens(ONE_LONG_PROMPT) === 64;
    };
    expect([91, 93].map(isTile)).toEqual([true, false]);
  });

  test('knows that the last tile of a chunk is paid for, full or not', () => {
    const budget = new PrefillBudget({ stallMs: 80, batchTokens: 512 });
    // As much as 96 tokens of whole tiles.
    budget.recordPrefill({ tokens: 65, length: 65, depth: 0, ms: 96.5 });
    expect(budget.tokens(ONE_LONG_PROMPT)).toBe(64);
    budget.recordPrefill({ tokens: 130, length: 65, depth: 0, ms: 193 });
    expect(budget.tokens(ONE_LONG_PROMPT)).toBe(64);
  });

  test('takes less where decode steps are short, down to a bound', () => {
    const budget = measured();
    budget.recordDecode(5);
    expect(budget.tokens(ONE_LONG_PROMPT)).toBe(16);
    for (let i = 0; i < 60; i++) budget.recordDecode(20.1);
    expect(budget.tokens(ONE_LONG_PROMPT)).toBe(30);
    for (let i = 0; i < 60; i++) budget.recordDecode(50);
    expect(budget.tokens(ONE_LONG_PROMPT)).toBe(40);
  });

  test('takes more where decode steps are longer than the stall it may cause', () => {
    const budget = measured();
    for (let i = 0; i < 60; i++) budget.recordDecode(80);
    expect(budget.tokens(ONE_LONG_PROMPT)).toBe(60);
    for (let i = 0; i < 60; i++) budget.recordDecode(160);
    expect(budget.tokens(ONE_LONG_PROMPT)).toBe(64);
  });

  test('takes more while several prompts wait', () => {
    const budget = new PrefillBudget({ stallMs: 80, batchTokens: 512 });
    budget.recordPrefill({ tokens: 128, length: 128, depth: 0, ms: 128 });
    expect(budget.tokens({ ...ONE_LONG_PROMPT, waiting: 2 })).toBe(128);
    expect(budget.tokens({ ...ONE_LONG_PROMPT, waiting: 31 })).toBe(320);
  });

  test('finishes a prompt of which little more than a chunk is left', () => {
    expect(measured().tokens({ ...ONE_LONG_PROMPT, rest: 53 })).toBe(53);
    expect(measured().tokens({ ...ONE_LONG_PROMPT, rest: 54 })).toBe(40);
    expect(measured().tokens({ ...ONE_LONG_PROMPT, rest: 5 })).toBe(40);
    const fast = new PrefillBudget({ stallMs: 80, batchTokens: 512 });
    fast.recordPrefill({ tokens: 64, length: 64, depth: 0, ms: 64 });
    expect(fast.tokens({ ...ONE_LONG_PROMPT, rest: 96 })).toBe(96);
    expect(fast.tokens({ ...ONE_LONG_PROMPT, rest: 97 })).toBe(64);
  });

  test('reads a whole prompt at once where a step of twice the stall can', () => {
    const whole = { ...ONE_LONG_PROMPT, isUntouched: true };
    // At 2 ms a token, 3 in wide chunks.
    expect(measured().tokens({ ...whole, rest: 63 })).toBe(63);
    expect(measured().tokens({ ...whole, rest: 64 })).toBe(40);
    expect(measured().tokens({ ...whole, rest: 5 })).toBe(40);
    const fast = new PrefillBudget({ stallMs: 80, batchTokens: 512 });
    fast.recordPrefill({ tokens: 64, length: 64, depth: 0, ms: 64 });
    expect(fast.tokens({ ...whole, rest: 128 })).toBe(128);
    expect(fast.tokens({ ...whole, rest: 129 })).toBe(64);
    expect(new PrefillBudget({ stallMs: 80, batchTokens: 512 }).tokens({ ...whole, rest: 40 })).toBe(16);
  });

  test('knows that a token costs more the more was read before it', () => {
    const budget = measured();
    budget.recordPrefill({ tokens: 20, length: 20, depth: 700, ms: 80 });
    expect(budget.tokens({ ...ONE_LONG_PROMPT, depth: 700 })).toBe(20);
    expect(budget.tokens({ ...ONE_LONG_PROMPT, depth: 5_000 })).toBe(20);
    expect(budget.tokens({ ...ONE_LONG_PROMPT, depth: 350 })).toBe(26);
  });

  test('follows the cost as it changes, and ignores steps that are all fixed cost', () => {
    const budget = measured();
    for (let i = 0; i < 60; i++) budget.recordPrefill({ tokens: 20, length: 20, depth: 0, ms: 80 });
    expect(budget.tokens(ONE_LONG_PROMPT)).toBe(20);
    budget.recordPrefill({ tokens: 1, length: 1, depth: 0, ms: 1_000 });
    expect(budget.tokens(ONE_LONG_PROMPT)).toBe(20);
  });

  test('never takes less than a step is worth, nor more than a batch', () => {
    const slow = new PrefillBudget({ stallMs: 80, batchTokens: 512 });
    slow.recordPrefill({ tokens: 16, length: 16, depth: 0, ms: 16_000 });
    expect(slow.tokens(ONE_LONG_PROMPT)).toBe(16);
    const fast = new PrefillBudget({ stallMs: 80, batchTokens: 512 });
    fast.recordPrefill({ tokens: 512, length: 512, depth: 0, ms: 1 });
    expect(fast.tokens(ONE_LONG_PROMPT)).toBe(512);
  });
});
