import { at, byLogit, hasRest, keepOnly, sum, weightsOf, type Candidates } from './candidates.ts';

export type XtcParams = {
  /** How often it acts; 0 never. */
  readonly probability: number;
  /** From this share on a token is a top choice; above one half there are never two. */
  readonly threshold: number;
};

/**
 * Exclude top choices, as llama.cpp does it: with the given probability, of all tokens that reach the threshold only the
 * least likely stays. `draw` is from 0 to 1.
 */
export function excludeTopChoices(candidates: Candidates, { probability, threshold }: XtcParams, draw: number): Candidates | undefined {
  if (probability <= 0 || threshold > 0.5 || candidates.ids.length < 2 || draw > probability) return candidates;
  const weights = weightsOf(candidates);
  const least = threshold * (sum(weights) + candidates.rest.weight);
  if (hasRest(candidates) && Math.exp(candidates.rest.logitMax - candidates.reference) >= least) return undefined;
  const places = byLogit(candidates);
  const excluded = new Set(places.filter((place) => at(weights, place) >= least).slice(0, -1));
  if (excluded.size === 0) return candidates;
  const kept = keepOnly(
    candidates,
    places.filter((place) => !excluded.has(place)),
  );
  return { ...kept, rest: candidates.rest };
}
