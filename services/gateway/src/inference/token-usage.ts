/** Exact counts from the runtime, or what the gateway relayed where the runtime could no longer say. */
export type TokenUsage = {
  readonly promptTokens: number;
  /** Of the prompt, taken from the KV cache. */
  readonly cachedTokens: number;
  /** Of all answers together, reasoning included. */
  readonly completionTokens: number;
  readonly reasoningTokens?: number;
};

export const NO_USAGE: TokenUsage = { promptTokens: 0, cachedTokens: 0, completionTokens: 0 };
