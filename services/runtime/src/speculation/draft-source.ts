import type { ActiveGeneration } from '../scheduler/active-generation.ts';

/** Guesses how sequences go on, so that the model can confirm several tokens in one step. */
export type DraftSource = {
  /** For each generation up to `tokensMax` tokens; fewer, or none, where there is no guess. */
  propose(generations: readonly ActiveGeneration[], tokensMax: number): Promise<readonly (readonly number[])[]>;
  /** What was kept for a generation that has ended, or lost its slot. */
  forget(generation: ActiveGeneration): void;
};
