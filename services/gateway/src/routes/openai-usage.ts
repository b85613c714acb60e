import type { TokenUsage } from '../inference/token-usage.ts';

/** `usage` as OpenAI writes it; both detail objects are always there. */
export function toOpenAiUsage({ promptTokens, cachedTokens, completionTokens, reasoningTokens = 0 }: TokenUsage) {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: reasoningTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}
