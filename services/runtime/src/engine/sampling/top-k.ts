import { at, byLogit, hasRest, keepOnly, type Candidates } from './candidates.ts';

/** The `k` likeliest; 0 keeps all. */
export function keepTopK(candidates: Candidates, k: number): Candidates | undefined {
  if (k === 0) return candidates;
  const kept = byLogit(candidates).slice(0, k);
  // Penalties may have pushed a candidate below tokens that were not fetched.
  if (hasRest(candidates) && (kept.length < k || at(candidates.logits, kept.at(-1) ?? 0) < candidates.rest.logitMax)) return undefined;
  return keepOnly(candidates, kept);
}
