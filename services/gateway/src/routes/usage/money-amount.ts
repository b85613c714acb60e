import { toUsd } from '../../usage/money.ts';

/** An amount in dollars as OpenAI writes it, and beside it the exact one, as text: it may have more digits than a number holds. */
export function toAmount(nanoUsd: bigint) {
  return { value: toUsd(nanoUsd), currency: 'usd', nano_usd: String(nanoUsd) };
}
