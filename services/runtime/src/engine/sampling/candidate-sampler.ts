import type { BindingContext } from '../binding.ts';
import type { GrammarProgress } from '../llama-grammar.ts';
import { type CandidateChain, type Draws, withoutRest } from './candidate-chain.ts';
import type { Candidates } from './candidates.ts';
import type { NativeCandidates } from './native-candidates.ts';

export type CandidateSource = Pick<NativeCandidates, 'fetch' | 'fetchAllowed'>;

/** How many candidates are fetched, until they settle the choice: docs/decisions/sampling-tiers.md. */
const COUNTS = [128, 1024, 8192] as const;
/** A grammar has been over the whole vocabulary already, so a few more cost nothing. */
const ALLOWED_COUNTS = [1024, 8192] as const;

type Parts = {
  readonly chain: CandidateChain;
  readonly source: CandidateSource;
  readonly grammar: GrammarProgress | undefined;
  readonly isEndOfGeneration: (token: number) => boolean;
};

type Step = { readonly binding: BindingContext; readonly logit: number };

/** Samples in TypeScript from the candidates that llama.cpp lists: for what its binding cannot do by itself. */
export class CandidateSampler {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The next token, which becomes a part of the output; undefined where nothing may follow. */
  async sample({ binding, logit }: Step): Promise<number | undefined> {
    const { chain, grammar, source, isEndOfGeneration } = this.#parts;
    let token = await this.#choose(COUNTS, (count) => source.fetch(binding, logit, count));
    // Chance gave a token that the grammar refuses: again, among those that it allows, which is as if only they had been there.
    if (grammar && (token === undefined || !grammar.allows(token)))
      token = await this.#choose(ALLOWED_COUNTS, (count) => source.fetchAllowed(binding, logit, { count, grammar }));
    if (token === undefined) return undefined;
    if (!isEndOfGeneration(token)) grammar?.accept(token);
    chain.accept(token);
    return token;
  }

  async #choose(counts: readonly number[], fetch: (count: number) => Promise<Candidates>): Promise<number | undefined> {
    const { chain } = this.#parts;
    const draws: Draws = chain.draws();
    for (const [i, count] of counts.entries()) {
      const candidates = await fetch(count);
      if (candidates.ids.length === 0) return undefined;
      const isLast = i === counts.length - 1;
      const token = chain.choose(isLast ? withoutRest(candidates) : candidates, draws);
      if (token !== undefined) return token;
    }
    return undefined;
  }
}
