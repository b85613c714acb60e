import type { BindingContext, BindingSampler, BindingSamplerConfig } from './binding.ts';
import { NO_TOKEN, type Sampler, type SamplerParams } from './engine.ts';
import { asLlamaGrammar, type GrammarProgress } from './llama-grammar.ts';

/** A pooled native sampler, configured once per request: configuring is 40 property reads across the binding, sampling is one call. */
export class LlamaSampler implements Sampler {
  readonly native: BindingSampler;
  readonly #endOfGenerationTokens: readonly number[];
  readonly #contextTokens: number;
  #params: SamplerParams | undefined;
  #grammar: GrammarProgress | undefined;
  #isEndBanned = false;

  constructor(native: BindingSampler, options: { endOfGenerationTokens: readonly number[]; contextTokens: number }) {
    this.native = native;
    this.#endOfGenerationTokens = options.endOfGenerationTokens;
    this.#contextTokens = options.contextTokens;
  }

  configure(params: SamplerParams): void {
    // A first call with another seed drops penalties, bias and the random generator's position of the last request.
    this.native.applyConfig({ seed: (params.seed ^ 1) >>> 0 });
    this.#grammar = params.grammar && asLlamaGrammar(params.grammar).begin();
    this.#isEndBanned = params.banEndOfGeneration;
    this.native.applyConfig(this.#config(params, params.penaltyHistory));
    this.#params = params;
  }

  /** One token from the logits of the last step; NO_TOKEN where nothing may follow. */
  sample(binding: BindingContext, logit: number): Promise<number> {
    return this.#grammar ? this.#sampleAllowed(binding, logit, this.#grammar) : binding.sampleToken(logit, this.native);
  }

  /** Forgets the request, so that its grammar can be collected. */
  reset(): void {
    if (this.#grammar) this.native.applyConfig({ seed: 0 });
    this.#grammar = undefined;
    this.#params = undefined;
  }

  allowEndOfGeneration(outputTokens: readonly number[]): void {
    if (!this.#params) throw new Error('the sampler was not configured');
    this.#isEndBanned = false;
    // The same seed keeps the random generator where it is.
    this.native.applyConfig(this.#config(this.#params, [...this.#params.penaltyHistory, ...outputTokens]));
  }

  async #sampleAllowed(binding: BindingContext, logit: number, grammar: GrammarProgress): Promise<number> {
    // Asked before: a token that the grammar refuses, taken because nothing else is left, spoils its state.
    const end = this.#endOfGenerationTokens.find((token) => grammar.allows(token));
    // The sampler answers with a rejection where it has taken such a token.
    const token = await binding.sampleToken(logit, this.native).catch(() => NO_TOKEN);
    const isEnd = this.#endOfGenerationTokens.includes(token);
    if (token !== NO_TOKEN && !isEnd) return token;
    return isEnd && end !== undefined ? token : (end ?? NO_TOKEN);
  }

  #config(params: SamplerParams, history: readonly number[]): BindingSamplerConfig {
    const config: BindingSamplerConfig = { seed: params.seed };
    if (this.#grammar) config.grammarEvaluationState = this.#grammar.state;
    // Left out rather than neutral: top_k 0 would sort the whole vocabulary, top_p 1 would add a sampler that does nothing.
    if (params.temperature > 0) config.temperature = params.temperature;
    if (params.topK > 0) config.topK = params.topK;
    if (params.topP < 1) config.topP = params.topP;
    if (params.minP > 0) config.minP = params.minP;
    if (params.repetitionPenalty !== 1 || params.presencePenalty !== 0 || params.frequencyPenalty !== 0) {
      config.repeatPenalty = params.repetitionPenalty;
      config.repeatPenaltyPresencePenalty = params.presencePenalty;
      config.repeatPenaltyFrequencyPenalty = params.frequencyPenalty;
      config.repeatPenaltyMaxTokens = this.#contextTokens;
      config.repeatPenaltyTokens = Uint32Array.from(history);
    }
    const bias = new Map(params.logitBias);
    if (this.#isEndBanned) for (const token of this.#endOfGenerationTokens) bias.set(token, Number.NEGATIVE_INFINITY);
    if (bias.size > 0) {
      config.tokenBiasKeys = Uint32Array.from(bias.keys());
      config.tokenBiasValues = Float32Array.from(bias.values());
    }
    return config;
  }
}
