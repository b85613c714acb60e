import { expect, test } from '@jest/globals';
import { toUsd } from './money.ts';

test.each([
  [0n, 0],
  [1n, 0.000_000_001],
  [10_000_000n, 0.01],
  [1_234_567_890n, 1.234_567_89],
  [9_007_199_254_740_993_000_000_000n, 9_007_199_254_740_992],
])('%s nano-dollars are $%s', (nanoUsd, usd) => {
  expect(toUsd(nanoUsd)).toBe(usd);
});
