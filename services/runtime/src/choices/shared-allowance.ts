import type { Allowance } from '../scheduler/generation.ts';

/** So many tokens for all who take from it. */
export function sharedAllowance(tokens: number): Allowance {
  let left = tokens;
  return {
    take() {
      if (left <= 0) return false;
      left--;
      return true;
    },
  };
}
