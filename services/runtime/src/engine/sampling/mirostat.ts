import { at, byLogit, hasRest, keepOnly, sum, weightsOf, type Candidates } from './candidates.ts';
import { drawToken } from './draw.ts';

export type MirostatParams = {
  readonly version: 1 | 2;
  /** The surprise that is aimed at, in bits. */
  readonly tau: number;
  /** How fast the bound follows. */
  readonly eta: number;
};

/** Tokens that the first version estimates the distribution's exponent from, as llama.cpp and the paper's authors do. */
const ESTIMATED_FROM = 100;

/**
 * Mirostat (arXiv 2007.14966): truncates so that the mean surprise of the output nears a target. Works on logits that the
 * temperature was applied to, and replaces every other truncation.
 */
export class Mirostat {
  readonly #params: MirostatParams;
  readonly #vocabularySize: number;
  /** The bound on the next token's surprise, in bits. The paper starts it at twice the target. */
  #mu: number;
  /** Of the token that was chosen last. */
  #surprise: number | undefined;

  constructor(params: MirostatParams, vocabularySize: number) {
    this.#params = params;
    this.#vocabularySize = vocabularySize;
    this.#mu = 2 * params.tau;
  }

  get mu(): number {
    return this.#mu;
  }

  choose(candidates: Candidates, draw: number): number | undefined {
    const kept = this.#params.version === 1 ? this.#truncateByExponent(candidates) : this.#truncateBySurprise(candidates);
    const token = kept && drawToken(kept, draw);
    if (!kept || token === undefined) return undefined;
    const weights = weightsOf(kept);
    this.#surprise = -Math.log2(at(weights, kept.ids.indexOf(token)) / sum(weights));
    return token;
  }

  /** The chosen token became a part of the output: learns from it. */
  accept(): void {
    if (this.#surprise === undefined) return;
    this.#mu -= this.#params.eta * (this.#surprise - this.#params.tau);
    this.#surprise = undefined;
  }

  #truncateByExponent(candidates: Candidates): Candidates | undefined {
    const k = Math.max(
      1,
      Math.floor(likeliestCount({ exponent: zipfExponent(candidates), mu: this.#mu, vocabularySize: this.#vocabularySize })),
    );
    const kept = byLogit(candidates).slice(0, k);
    if (hasRest(candidates) && (kept.length < k || at(candidates.logits, kept.at(-1) ?? 0) < candidates.rest.logitMax)) return undefined;
    return keepOnly(candidates, kept);
  }

  #truncateBySurprise(candidates: Candidates): Candidates | undefined {
    const total = sum(weightsOf(candidates)) + candidates.rest.weight;
    const leastLogit = candidates.reference + Math.log(total) - this.#mu * Math.LN2;
    if (hasRest(candidates) && candidates.rest.logitMax > leastLogit) return undefined;
    const places = byLogit(candidates);
    const kept = places.filter((place) => at(candidates.logits, place) >= leastLogit);
    // One token is always left.
    return keepOnly(candidates, kept.length > 0 ? kept : places.slice(0, 1));
  }
}

/** The exponent s of Zipf's law p(i) ~ i^-s, least squares over the likeliest (the paper's equation 3 in its appendix). */
export function zipfExponent(candidates: Candidates): number {
  const logits = byLogit(candidates)
    .slice(0, ESTIMATED_FROM)
    .map((place) => at(candidates.logits, place));
  let products = 0;
  let squares = 0;
  for (let i = 0; i + 1 < logits.length; i++) {
    const t = Math.log((i + 2) / (i + 1));
    products += t * (at(logits, i) - at(logits, i + 1));
    squares += t * t;
  }
  return squares === 0 ? 1 : products / squares;
}

/** The paper's k, for which the mean surprise of the k likeliest is `mu` under Zipf's law. */
export function likeliestCount({ exponent, mu, vocabularySize }: { exponent: number; mu: number; vocabularySize: number }): number {
  const epsilon = exponent - 1;
  // The formula's limit at an exponent of 1, where it divides nothing by nothing.
  const spread = Math.abs(epsilon) < 1e-9 ? 1 / Math.log(vocabularySize) : epsilon / (1 - vocabularySize ** -epsilon);
  const k = (spread * 2 ** mu) ** (1 / exponent);
  return Number.isFinite(k) && exponent > 0 ? Math.min(k, vocabularySize) : vocabularySize;
}
