/** Estimates are kept apart by so many tokens of depth. */
const BUCKET_TOKENS = 256;

/** By how much of the way the newest value moves an estimate up, and down. */
export type NewestWeight = { readonly rising: number; readonly falling: number };

type Estimate = { readonly depth: number; readonly value: number };

/**
 * Running estimates of something that grows with how much of a prompt was read before: a straight line between those that
 * were measured, and the nearest beyond them.
 */
export class DepthEstimates {
  readonly #newestWeight: NewestWeight;
  readonly #estimates: (Estimate | undefined)[] = [];

  constructor({ newestWeight }: { readonly newestWeight: NewestWeight }) {
    this.#newestWeight = newestWeight;
  }

  /** undefined before the first measurement. */
  at(depth: number): number | undefined {
    let below: Estimate | undefined;
    for (const estimate of this.#estimates) {
      if (!estimate) continue;
      if (estimate.depth > depth) return below ? between(below, estimate, depth) : estimate.value;
      below = estimate;
    }
    return below?.value;
  }

  record(depth: number, value: number): void {
    const bucket = Math.floor(depth / BUCKET_TOKENS);
    while (this.#estimates.length < bucket) this.#estimates.push(undefined);
    const known = this.#estimates[bucket];
    this.#estimates[bucket] = {
      depth: follow(known?.depth, depth, this.#newestWeight),
      value: follow(known?.value, value, this.#newestWeight),
    };
  }
}

/** A running estimate after another value. */
export function follow(estimate: number | undefined, value: number, weight: NewestWeight): number {
  if (estimate === undefined) return value;
  return estimate + (value > estimate ? weight.rising : weight.falling) * (value - estimate);
}

function between(below: Estimate, above: Estimate, depth: number): number {
  return below.value + ((above.value - below.value) * (depth - below.depth)) / (above.depth - below.depth);
}
