import type { BindingContext, BindingSample, BindingSampler, BindingSamplerConfig } from '../binding.ts';
import type { GrammarProgress } from '../llama-grammar.ts';
import { allEnded } from './all-ended.ts';
import { NO_REST, type Candidates, type Rest } from './candidates.ts';

/** Adding up a vocabulary in 32-bit floats is wrong by about this share. */
const WEIGHT_ERROR = 3e-7;

type Natives = {
  /** Gives the likeliest tokens. */
  readonly lister: BindingSampler;
  /** Gives the weight of the whole vocabulary; made when first asked for. */
  readonly weigher: () => BindingSampler;
};

type Options = {
  readonly vocabularySize: number;
  /** What the logits are changed by before anything else. */
  readonly bias: Pick<BindingSamplerConfig, 'tokenBiasKeys' | 'tokenBiasValues'>;
  /** The temperature of the rest's weight. */
  readonly restTemperature: number;
  /** Saves the call that weighs the vocabulary. */
  readonly ignoresRestWeight: boolean;
};

/** Reads the likeliest tokens of a step out of llama.cpp, whose samplers sort and sum the vocabulary on other threads. */
export class NativeCandidates {
  readonly #natives: Natives;
  readonly #options: Options;
  #listed = 0;

  constructor(natives: Natives, options: Options) {
    this.#natives = natives;
    this.#options = options;
    if (!options.ignoresRestWeight) natives.weigher().applyConfig(this.#weigherConfig());
  }

  /** Up to `count` tokens; fewer where bias or grammar leave fewer, perhaps none. */
  async fetch(binding: BindingContext, logit: number, count: number): Promise<Candidates> {
    if (this.#listed !== count) this.#natives.lister.applyConfig(this.#listerConfig(count));
    this.#listed = count;
    return this.#read(binding, logit, count);
  }

  /** The same of the tokens that the grammar allows; it looks at the whole vocabulary. */
  async fetchAllowed(binding: BindingContext, logit: number, options: { count: number; grammar: GrammarProgress }): Promise<Candidates> {
    const { count, grammar } = options;
    const { lister, weigher } = this.#natives;
    // Each has its own copy: a sampler moves its grammar on by the token that it would have taken.
    lister.applyConfig({ ...this.#listerConfig(count), grammarEvaluationState: grammar.copy().state });
    this.#listed = 0;
    if (this.#options.ignoresRestWeight) return this.#read(binding, logit, count);
    weigher().applyConfig({ ...this.#weigherConfig(), grammarEvaluationState: grammar.copy().state });
    const candidates = await this.#read(binding, logit, count);
    weigher().applyConfig(this.#weigherConfig());
    return candidates;
  }

  async #read(binding: BindingContext, logit: number, count: number): Promise<Candidates> {
    const { ignoresRestWeight } = this.#options;
    const [[, , , list], total] = await allEnded<[BindingSample, number | undefined]>([
      binding.sampleToken(logit, this.#natives.lister, false, false, [[], false, false, false, count], false),
      ignoresRestWeight ? undefined : this.#totalWeight(binding, logit),
    ]);
    const ids: number[] = [];
    const logits: number[] = [];
    for (let i = 0; i + 1 < (list?.length ?? 0); i += 2) {
      const value = list?.[i + 1] ?? Number.NEGATIVE_INFINITY;
      if (value === Number.NEGATIVE_INFINITY) break;
      ids.push(list?.[i] ?? 0);
      logits.push(value);
    }
    const reference = logits[0] ?? 0;
    return { ids, logits, reference, rest: this.#rest(logits, { count, total }) };
  }

  async #totalWeight(binding: BindingContext, logit: number): Promise<number> {
    // Asking for one logit makes the sampler apply its grammar to the whole vocabulary.
    const [, , , , total] = await binding.sampleToken(logit, this.#natives.weigher(), false, false, [[], false, false, true, 0], true);
    return total ?? 0;
  }

  #rest(logits: readonly number[], { count, total }: { count: number; total: number | undefined }): Rest {
    const [reference, last] = [logits[0], logits.at(-1)];
    // All that there are.
    if (logits.length < Math.min(count, this.#options.vocabularySize)) return NO_REST;
    const others = this.#options.vocabularySize - logits.length;
    if (reference === undefined || last === undefined || others <= 0) return NO_REST;
    const weight = (value: number): number => Math.exp((value - reference) / this.#options.restTemperature);
    const weightMax = others * weight(last);
    if (total === undefined) return { weight: weightMax, logitMax: last };
    let listed = 0;
    for (const value of logits) listed += weight(value);
    return { weight: Math.min(weightMax, Math.max(total - listed, WEIGHT_ERROR * total)), logitMax: last };
  }

  #listerConfig(count: number): BindingSamplerConfig {
    // A greedy sampler would leave top_k out.
    return { ...this.#options.bias, seed: 0, temperature: 1, topK: count };
  }

  #weigherConfig(): BindingSamplerConfig {
    const { bias, restTemperature } = this.#options;
    return { ...bias, seed: 0, ...(restTemperature === 1 ? undefined : { temperature: restTemperature }) };
  }
}
