import type { Adapter } from '../engine/engine.ts';

/** The tokens of one KV cache stream, in order, and what they were computed with. */
export type SequenceTokens = {
  readonly ids: Uint32Array;
  /** A cache computed with one adapter means nothing to another. */
  readonly adapter: Adapter | undefined;
  /** The gateway's names for beginnings of the prompt that this came from. */
  readonly digests: readonly number[];
};

/** How many tokens two sequences have in common from their start, `max` at most. */
export function commonLength(a: Uint32Array, b: Uint32Array, max = Infinity): number {
  const end = Math.min(a.length, b.length, max);
  let i = 0;
  while (i < end && a[i] === b[i]) i++;
  return i;
}
