import { NO_REST, type Candidates, type Rest } from './candidates.ts';

/** Candidates of these probabilities, likeliest first; their ids are their places. A rest is given as its share and its likeliest token's. */
export function candidatesOf(probabilities: readonly number[], rest?: { share: number; likeliest: number }): Candidates {
  const logits = probabilities.map((probability) => Math.log(probability));
  const reference = logits[0] ?? 0;
  const ofRest: Rest = rest ? { weight: rest.share / Math.exp(reference), logitMax: Math.log(rest.likeliest) } : NO_REST;
  return { ids: probabilities.map((_, place) => place), logits, reference, rest: ofRest };
}

/** Draws that lie evenly from 0 to 1. */
export function evenDraws(count: number): number[] {
  return Array.from({ length: count }, (_, i) => (i + 0.5) / count);
}
