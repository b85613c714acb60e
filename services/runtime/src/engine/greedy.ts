import type { SamplerParams } from './engine.ts';

/** Always the likeliest token, nothing else applied: for the self-test, the benches and the tests. */
export const GREEDY: SamplerParams = {
  temperature: 0,
  topP: 1,
  topK: 0,
  minP: 0,
  repetitionPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  seed: 1,
  logitBias: new Map(),
  banEndOfGeneration: false,
  penaltyHistory: [],
};
