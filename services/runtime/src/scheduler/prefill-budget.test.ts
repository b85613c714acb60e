import { describe, expect, test } from '@jest/globals';
import { PrefillBudget } from './prefill-budget.ts';

describe('the prefill budget', () => {
  const measured = (): PrefillBudget => {
    const budget = new PrefillBudget({ stallMs: 50, batchTokens: 512 });
    budget.recordPrefill(100, 100);
    return budget;
  };

  test('takes whole batches while nothing runs', () => {
    expect(measured().tokens({ running: 0, waiting: 3 })).toBe(512);
  });

  test('finds out with a small step what a token costs', () => {
    expect(new PrefillBudget({ stallMs: 50, batchTokens: 512 }).tokens({ running: 1, waiting: 1 })).toBe(16);
  });

  test('takes what fits the stall it may cause', () => {
    expect(measured().tokens({ running: 8, waiting: 1 })).toBe(50);
  });

  test('takes less where decode steps are short, down to a bound', () => {
    const budget = measured();
    budget.recordDecode(5);
    expect(budget.tokens({ running: 8, waiting: 1 })).toBe(16);
    for (let i = 0; i < 60; i++) budget.recordDecode(12);
    expect(budget.tokens({ running: 8, waiting: 1 })).toBe(35);
    for (let i = 0; i < 60; i++) budget.recordDecode(90);
    expect(budget.tokens({ running: 8, waiting: 1 })).toBe(50);
  });

  test('takes more when more prompts wait than sequences run, up to a bound', () => {
    expect(measured().tokens({ running: 4, waiting: 8 })).toBe(100);
    expect(measured().tokens({ running: 1, waiting: 31 })).toBe(200);
  });

  test('follows the cost as it changes, and ignores steps that are all fixed cost', () => {
    const budget = measured();
    for (let i = 0; i < 40; i++) budget.recordPrefill(100, 200);
    expect(budget.tokens({ running: 8, waiting: 1 })).toBe(25);
    budget.recordPrefill(1, 1_000);
    expect(budget.tokens({ running: 8, waiting: 1 })).toBe(25);
  });

  test('never takes less than a step is worth, nor more than a batch', () => {
    const slow = new PrefillBudget({ stallMs: 50, batchTokens: 512 });
    slow.recordPrefill(16, 16_000);
    expect(slow.tokens({ running: 8, waiting: 1 })).toBe(16);
    const fast = new PrefillBudget({ stallMs: 50, batchTokens: 512 });
    fast.recordPrefill(512, 1);
    expect(fast.tokens({ running: 8, waiting: 1 })).toBe(512);
  });
});
