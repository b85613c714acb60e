import type { BindingSamplerConfig } from '../binding.ts';
import type { SamplerParams } from '../engine.ts';

type Bias = Pick<BindingSamplerConfig, 'tokenBiasKeys' | 'tokenBiasValues'>;

/** What llama.cpp's own samplers are configured with. `history` are the tokens that penalties count. */
export function toNativeConfig(
  params: SamplerParams,
  options: { history: () => readonly number[]; contextTokens: number; bias: Bias },
): BindingSamplerConfig {
  const config: BindingSamplerConfig = { seed: params.seed, ...options.bias };
  // Left out rather than neutral: top_k 0 would sort the whole vocabulary, top_p 1 would add a sampler that does nothing.
  if (params.temperature > 0) config.temperature = params.temperature;
  if (params.topK > 0) config.topK = params.topK;
  if (params.topP < 1) config.topP = params.topP;
  if (params.minP > 0) config.minP = params.minP;
  if (params.xtc) {
    config.xtcProbability = params.xtc.probability;
    config.xtcThreshold = params.xtc.threshold;
  }
  if (hasPenalties(params)) {
    config.repeatPenalty = params.repetitionPenalty;
    config.repeatPenaltyPresencePenalty = params.presencePenalty;
    config.repeatPenaltyFrequencyPenalty = params.frequencyPenalty;
    config.repeatPenaltyMaxTokens = options.contextTokens;
    config.repeatPenaltyTokens = Uint32Array.from(options.history());
  }
  return config;
}

/** The request's bias, the tokens that may not be sampled now, and those that its watermark prefers after `previous`. */
export function toNativeBias(params: SamplerParams, { banned, green }: { banned: readonly number[]; green: Uint32Array }): Bias {
  const bias = new Map(params.logitBias);
  for (const token of banned) bias.set(token, Number.NEGATIVE_INFINITY);
  const size = green.length + bias.size;
  if (size === 0) return {};
  const tokenBiasValues = new Float32Array(size).fill(params.watermark?.delta ?? 0, 0, green.length);
  if (bias.size === 0) return { tokenBiasKeys: green, tokenBiasValues };
  // What comes twice is added up.
  const tokenBiasKeys = new Uint32Array(size);
  tokenBiasKeys.set(green);
  tokenBiasKeys.set([...bias.keys()], green.length);
  tokenBiasValues.set([...bias.values()], green.length);
  return { tokenBiasKeys, tokenBiasValues };
}

/** Whether the sampler takes the likeliest token of the raw distribution, so that its logprob needs no second look. */
export function isPlainGreedy(params: SamplerParams): boolean {
  return (
    params.temperature === 0 &&
    !hasPenalties(params) &&
    params.logitBias.size === 0 &&
    !params.bannedTokens?.length &&
    !params.banEndOfGeneration &&
    !params.xtc &&
    !params.watermark &&
    !params.grammar &&
    !needsCandidates(params)
  );
}

/** What the binding cannot do by itself. DRY it can, but without the prompt, and it searches the vocabulary on the main thread. */
export function needsCandidates({ typicalP = 1, dry, mirostat }: SamplerParams): boolean {
  return typicalP < 1 || dry !== undefined || mirostat !== undefined;
}

function hasPenalties(params: SamplerParams): boolean {
  return params.repetitionPenalty !== 1 || params.presencePenalty !== 0 || params.frequencyPenalty !== 0;
}
