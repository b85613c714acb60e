import type { ActiveGeneration } from './active-generation.ts';

export type PlannedChunk = { readonly generation: ActiveGeneration; readonly tokens: number };

/**
 * Shares one step's prompt tokens among the prompts that wait, oldest first: finishing one prompt gives its user a
 * first token, while slices for everybody would delay them all. The plan comes in slot order, as the engine wants it.
 */
export function planPrefill(waiting: readonly ActiveGeneration[], budgetTokens: number): PlannedChunk[] {
  const plan: PlannedChunk[] = [];
  let left = budgetTokens;
  for (const generation of waiting) {
    if (left === 0) break;
    const tokens = Math.min(left, generation.promptTokensLeft);
    plan.push({ generation, tokens });
    left -= tokens;
  }
  return plan.sort((a, b) => a.generation.slot - b.generation.slot);
}
