import { at, byLogit, hasRest, keepOnly, sum, weightsOf, type Candidates } from './candidates.ts';

/** The fewest of the likeliest that hold a share `p` of the whole (nucleus sampling, arXiv 1904.09751); 1 keeps all. */
export function keepTopP(candidates: Candidates, p: number): Candidates | undefined {
  if (p >= 1) return candidates;
  const weights = weightsOf(candidates);
  const enough = p * (sum(weights) + candidates.rest.weight);
  const kept: number[] = [];
  let held = 0;
  for (const place of byLogit(candidates)) {
    // One of the others may be likelier than this one.
    if (hasRest(candidates) && at(candidates.logits, place) < candidates.rest.logitMax) return undefined;
    kept.push(place);
    held += at(weights, place);
    if (held >= enough) return keepOnly(candidates, kept);
  }
  return hasRest(candidates) ? undefined : candidates;
}
