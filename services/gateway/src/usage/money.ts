const NANO_PER_USD = 1_000_000_000n;
const DECIMALS = 9;

/** The number of US dollars nearest to the amount. */
export function toUsd(nanoUsd: bigint): number {
  return Number(`${nanoUsd / NANO_PER_USD}.${String(nanoUsd % NANO_PER_USD).padStart(DECIMALS, '0')}`);
}
