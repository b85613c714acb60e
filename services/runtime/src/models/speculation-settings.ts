import { z } from 'zod';

/** Tokens that one step confirms at most; more rarely agree. */
const TOKENS_MAX = 16;
const TOKENS_DEFAULT = 4;

const tokens = z.number().int().min(1).max(TOKENS_MAX).default(TOKENS_DEFAULT);

/** `speculation:` in a model's file: where guesses at the next tokens come from, and how many a step makes. */
export const speculationEntry = z.discriminatedUnion('method', [
  z.strictObject({ method: z.literal('ngram'), tokens }),
  /** A smaller model of the same vocabulary: a GGUF file (relative to this file), or a name such as `hf:user/repo:Q8_0`. */
  z.strictObject({ method: z.literal('draft'), model: z.string().min(1), tokens }),
]);

/** A draft model's source is an absolute path or a `hf:`/URL name. */
export type SpeculationSettings =
  | { readonly method: 'ngram'; readonly tokens: number }
  | { readonly method: 'draft'; readonly source: string; readonly tokens: number };
