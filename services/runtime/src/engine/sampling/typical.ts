import { at, hasRest, keepOnly, sum, weightsOf, type Candidates } from './candidates.ts';

/** A rest of this share moves the entropy by about a hundredth of a nat at most. */
const REST_SHARE_MAX = 1e-3;

/**
 * Locally typical sampling (arXiv 2202.00666): those whose surprise is nearest to the entropy, until they hold more than
 * a share `p`; 1 keeps all.
 */
export function keepTypical(candidates: Candidates, p: number): Candidates | undefined {
  if (p >= 1) return candidates;
  const weights = weightsOf(candidates);
  const total = sum(weights) + candidates.rest.weight;
  if (candidates.rest.weight > REST_SHARE_MAX * total) return undefined;
  // A weight of 0 has no part in the entropy, and the greatest surprise.
  const shares = weights.map((weight) => weight / total);
  const surprises = shares.map((share) => -Math.log(share));
  const entropy = sum(shares.map((share, place) => (share > 0 ? share * at(surprises, place) : 0)));
  const distances = surprises.map((surprise) => Math.abs(surprise - entropy));
  const restDistance = hasRest(candidates)
    ? Math.max(0, Math.log(total) - (candidates.rest.logitMax - candidates.reference) - entropy)
    : Number.POSITIVE_INFINITY;
  const kept: number[] = [];
  let held = 0;
  for (const place of distances.map((_, i) => i).toSorted((a, b) => at(distances, a) - at(distances, b))) {
    if (at(distances, place) > restDistance) return undefined;
    kept.push(place);
    held += at(shares, place);
    if (held > p) break;
  }
  return keepOnly(candidates, kept);
}
