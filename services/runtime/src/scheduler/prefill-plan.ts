import type { ActiveGeneration } from './active-generation.ts';
import { TILE_TOKENS } from './prefill-budget.ts';

export type PlannedChunk = { readonly generation: ActiveGeneration; readonly tokens: number };

/** `slow` took as long as reading would; `later` means that a step must come first; one that `failed` is no longer there. */
export type Beginning = 'quick' | 'slow' | 'later' | 'failed';

export type PrefillPlanOptions = {
  /** In order of age. */
  readonly readers: readonly ActiveGeneration[];
  /** How many tokens a step may take that begins with this one. */
  readonly budgetFor: (first: ActiveGeneration) => number;
  readonly isShortestFirst: boolean;
  /** Prepares a slot whose generation has not begun. Only one that `mayWait` is put off. */
  readonly begin: (generation: ActiveGeneration, options: { mayWait: boolean }) => Promise<Beginning>;
  /** Others wait for their next token, so nothing that takes long may be done twice. */
  readonly isHurried: boolean;
};

/**
 * Shares one step's tokens among the prompts that are being read. Every other step begins with the oldest, because
 * finishing one prompt gives its user a first token while slices for everybody would delay them all; the steps between
 * begin with the one that has least left, so that a short prompt does not wait for a long one to end. A long one is
 * never slowed to less than half by that. The plan comes in slot order, as the engine wants it.
 */
export async function planPrefill(options: PrefillPlanOptions): Promise<PlannedChunk[]> {
  const { readers, budgetFor, isShortestFirst, begin, isHurried } = options;
  const order = isShortestFirst ? readers.toSorted((a, b) => a.tokensLeftToRead - b.tokensLeftToRead) : readers;
  const plan: PlannedChunk[] = [];
  let left: number | undefined;
  let hasCopied = false;
  for (const generation of order) {
    if (left === 0) break;
    if (!generation.hasBegun) {
      if (hasCopied && isHurried) continue;
      const beginning = await begin(generation, { mayWait: isHurried || plan.length > 0 });
      if (beginning === 'failed' || beginning === 'later') continue;
      hasCopied ||= beginning === 'slow';
    }
    left ??= budgetFor(generation);
    const tokens = generation.chunkLength(left);
    // What the others left over would pay twice for what it reads; a step of its own reads more.
    if (plan.length > 0 && tokens < TILE_TOKENS && tokens < generation.tokensLeftToRead) continue;
    plan.push({ generation, tokens });
    left -= tokens;
  }
  return plan.sort((a, b) => a.generation.slot - b.generation.slot);
}

/**
 * Chunks that go to the engine together are of one length. llama.cpp computes sequences together as far as the shortest goes
 * and the ends of the others after that, in narrow pieces that cost twice as much a token.
 */
export function groupByLength(plan: readonly PlannedChunk[]): PlannedChunk[][] {
  return [...Map.groupBy(plan, ({ tokens }) => tokens).values()];
}
