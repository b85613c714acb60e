import type { BindingSampler, BindingSamplerConfig } from './binding.ts';
import type { Sampler, SamplerParams } from './engine.ts';

/** A pooled native sampler, configured once per request: configuring is 40 property reads across the binding, sampling is one call. */
export class LlamaSampler implements Sampler {
  readonly native: BindingSampler;
  readonly #endOfGenerationTokens: readonly number[];
  readonly #contextTokens: number;
  #params: SamplerParams | undefined;

  constructor(native: BindingSampler, options: { endOfGenerationTokens: readonly number[]; contextTokens: number }) {
    this.native = native;
    this.#endOfGenerationTokens = options.endOfGenerationTokens;
    this.#contextTokens = options.contextTokens;
  }

  configure(params: SamplerParams): void {
    // A first call with another seed drops penalties, bias and the random generator's position of the last request.
    this.native.applyConfig({ seed: (params.seed ^ 1) >>> 0 });
    this.native.applyConfig(this.#config(params, params.penaltyHistory, params.banEndOfGeneration));
    this.#params = params;
  }

  allowEndOfGeneration(outputTokens: readonly number[]): void {
    if (!this.#params) throw new Error('the sampler was not configured');
    // The same seed keeps the random generator where it is.
    this.native.applyConfig(this.#config(this.#params, [...this.#params.penaltyHistory, ...outputTokens], false));
  }

  #config(params: SamplerParams, history: readonly number[], banEndOfGeneration: boolean): BindingSamplerConfig {
    const config: BindingSamplerConfig = { seed: params.seed };
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
    if (banEndOfGeneration) for (const token of this.#endOfGenerationTokens) bias.set(token, Number.NEGATIVE_INFINITY);
    if (bias.size > 0) {
      config.tokenBiasKeys = Uint32Array.from(bias.keys());
      config.tokenBiasValues = Float32Array.from(bias.values());
    }
    return config;
  }
}
