import { describe, expect, test } from '@jest/globals';
import { PrefillBudget } from './prefill-budget.ts';

const ONE_LONG_PROMPT = { running: 8, waiting: 1 };

describe('the prefill budget', () => {
  /** One prompt token costs 2 ms in narrow chunks and 3 ms in wide ones, so that a wide one does not fit. */
  const measured = (): PrefillBudget => {
    const budget = new PrefillBudget({ stallMs: 80, batchTokens: 512 });
    budget.recordPrefill(20, 40);
    budget.recordPrefill(100, 300);
    return budget;
  };

  test('takes whole batches while nothing runs', () => {
    expect(measured().tokens({ running: 0, waiting: 3 })).toBe(512);
  });

  test('finds out with a small step what a token costs', () => {
    expect(new PrefillBudget({ stallMs: 80, batchTokens: 512 }).tokens({ running: 1, waiting: 1 })).toBe(16);
  });

  test('takes what fits the stall it may cause', () => {
    expect(measured().tokens(ONE_LONG_PROMPT)).toBe(40);
    const fast = new PrefillBudget({ stallMs: 80, batchTokens: 512 });
    fast.recordPrefill(100, 50);
    expect(fast.tokens(ONE_LONG_PROMPT)).toBe(160);
  });

  test('takes a wide chunk where that fits, and knows what a token costs in one', () => {
    const budget = measured();
    for (let i = 0; i < 60; i++) budget.recordPrefill(100, 120);
    expect(budget.tokens(ONE_LONG_PROMPT)).toBe(66);
  });

  test('takes less where decode steps are short, down to a bound', () => {
    const budget = measured();
    budget.recordDecode(5);
    expect(budget.tokens(ONE_LONG_PROMPT)).toBe(16);
    for (let i = 0; i < 60; i++) budget.recordDecode(20.1);
    expect(budget.tokens(ONE_LONG_PROMPT)).toBe(30);
    for (let i = 0; i < 60; i++) budget.recordDecode(90);
    expect(budget.tokens(ONE_LONG_PROMPT)).toBe(40);
  });

  test('takes more when more prompts wait than sequences run, up to a bound', () => {
    expect(measured().tokens({ running: 10, waiting: 11 })).toBe(44);
    const fast = new PrefillBudget({ stallMs: 80, batchTokens: 512 });
    fast.recordPrefill(100, 100);
    expect(fast.tokens({ running: 1, waiting: 31 })).toBe(160);
  });

  test('follows the cost as it changes, and ignores steps that are all fixed cost', () => {
    const budget = measured();
    for (let i = 0; i < 60; i++) budget.recordPrefill(20, 80);
    expect(budget.tokens(ONE_LONG_PROMPT)).toBe(20);
    budget.recordPrefill(1, 1_000);
    expect(budget.tokens(ONE_LONG_PROMPT)).toBe(20);
  });

  test('never takes less than a step is worth, nor more than a batch', () => {
    const slow = new PrefillBudget({ stallMs: 80, batchTokens: 512 });
    slow.recordPrefill(16, 16_000);
    expect(slow.tokens(ONE_LONG_PROMPT)).toBe(16);
    const fast = new PrefillBudget({ stallMs: 80, batchTokens: 512 });
    fast.recordPrefill(512, 1);
    expect(fast.tokens(ONE_LONG_PROMPT)).toBe(512);
  });
});
