import { at, hasRest, keepOnly, type Candidates } from './candidates.ts';

/** Those at least `p` times as likely as the likeliest (arXiv 2407.01082); 0 keeps all. */
export function keepMinP(candidates: Candidates, p: number): Candidates | undefined {
  if (p <= 0) return candidates;
  const likeliest = Math.max(...candidates.logits);
  if (hasRest(candidates) && candidates.rest.logitMax > likeliest + Math.log(p)) return undefined;
  const least = likeliest + Math.log(p);
  return keepOnly(
    candidates,
    candidates.logits.map((_, place) => place).filter((place) => at(candidates.logits, place) >= least),
  );
}
