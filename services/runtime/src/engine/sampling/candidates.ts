/**
 * The likeliest tokens of one step and what is known of all others. Immutable: every stage of the chain gives a new one.
 * Where a stage's result would depend on tokens that are not among them, it gives `undefined`, and the chain starts again
 * with more.
 */
export type Candidates = {
  readonly ids: readonly number[];
  /** In the order of the ids, which is the model's own, likeliest first; the chain may change the values, not the order. */
  readonly logits: readonly number[];
  /** Weights are counted against this logit, so that they neither overflow nor change their unit during the chain. */
  readonly reference: number;
  readonly rest: Rest;
};

/** Tokens that are not among the candidates: the sum of their weights, and a bound on their logits. */
export type Rest = { readonly weight: number; readonly logitMax: number };

export const NO_REST: Rest = { weight: 0, logitMax: Number.NEGATIVE_INFINITY };

export function hasRest({ rest }: Candidates): boolean {
  return rest.weight > 0;
}

/** exp(logit − reference) of each candidate. */
export function weightsOf({ logits, reference }: Candidates): number[] {
  return logits.map((logit) => Math.exp(logit - reference));
}

export function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** Places among the candidates, by falling logit; equal ones stay in the model's order. */
export function byLogit({ logits }: Candidates): number[] {
  return logits.map((_, place) => place).toSorted((a, b) => at(logits, b) - at(logits, a));
}

/** Only these places, and nothing of the rest. */
export function keepOnly(candidates: Candidates, places: readonly number[]): Candidates {
  const inOrder = places.toSorted((a, b) => a - b);
  return {
    ids: inOrder.map((place) => at(candidates.ids, place)),
    logits: inOrder.map((place) => at(candidates.logits, place)),
    reference: candidates.reference,
    rest: NO_REST,
  };
}

/** The places are made from the lists themselves, so one is always there. */
export function at(values: readonly number[], place: number): number {
  return values[place] ?? Number.NaN;
}
