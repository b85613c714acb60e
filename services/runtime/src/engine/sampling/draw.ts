import { at, hasRest, sum, weightsOf, type Candidates } from './candidates.ts';

/**
 * A token with the probability that its weight gives it; `draw` is from 0 to 1. The candidates keep the model's order, so
 * the same draw with more candidates gives the same token whenever it gave one.
 */
export function drawToken(candidates: Candidates, draw: number): number | undefined {
  const weights = weightsOf(candidates);
  let left = draw * (sum(weights) + candidates.rest.weight);
  for (const [place, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return at(candidates.ids, place);
  }
  // Only rounding comes here without a rest.
  return hasRest(candidates) ? undefined : likeliest(candidates);
}

/** The likeliest token. */
export function likeliest(candidates: Candidates): number | undefined {
  const { ids, logits, rest } = candidates;
  let best = 0;
  for (let place = 1; place < logits.length; place++) if (at(logits, place) > at(logits, best)) best = place;
  return hasRest(candidates) && at(logits, best) < rest.logitMax ? undefined : at(ids, best);
}
