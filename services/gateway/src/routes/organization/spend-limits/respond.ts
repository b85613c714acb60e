import type { Limits } from '@sluice/prisma/limits';
import { notFound } from '../../../admin/not-found.ts';

const NANO_PER_CENT = 10_000_000;

/** OpenAI's spend limit object. Throws NOT_FOUND where there is none. */
export function toSpendLimitObject(whose: 'project' | 'organization', { limits, spentNanoUsd }: { limits: Limits; spentNanoUsd: bigint }) {
  const budget = limits.monthlyBudgetNanoUsd;
  if (budget === undefined) throw notFound('spend limit');
  return {
    object: `${whose}.spend_limit`,
    currency: 'USD',
    interval: 'month',
    threshold_amount: budget / NANO_PER_CENT,
    enforcement: { status: spentNanoUsd >= BigInt(budget) ? 'enforcing' : 'inactive' },
  };
}

export function fromCents(cents: number): number {
  return Math.round(cents * NANO_PER_CENT);
}
