import { z } from 'zod';

/** What a profile may set: how tokens are chosen, under the names that requests use. */
const profileSettings = z.strictObject({
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().gt(0).max(1).optional(),
  top_k: z.number().int().min(0).optional(),
  min_p: z.number().min(0).max(1).optional(),
  typical_p: z.number().gt(0).max(1).optional(),
  repetition_penalty: z.number().gt(0).max(2).optional(),
  presence_penalty: z.number().min(-2).max(2).optional(),
  frequency_penalty: z.number().min(-2).max(2).optional(),
  dry_multiplier: z.number().min(0).max(100).optional(),
  dry_base: z.number().min(1).max(100).optional(),
  dry_allowed_length: z.number().int().min(0).max(1_000_000).optional(),
  dry_penalty_last_n: z.number().int().min(-1).max(1_000_000).optional(),
  xtc_probability: z.number().min(0).max(1).optional(),
  xtc_threshold: z.number().min(0).max(1).optional(),
});

export type ProfileSettings = z.infer<typeof profileSettings>;

/** The word that leaves the choice to the prompt's length. */
export const AUTO = 'auto';

/** One entry of `profiles:` in a model's file. */
export const profileEntry = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'must be up to 64 lower-case letters, digits, dashes and underscores')
    .refine((name) => name !== AUTO, 'must not be "auto", which is the word for the one that suits the prompt'),
  description: z.string().max(500).default(''),
  /** From this prompt length on. */
  prompt_tokens_min: z.number().int().min(0).default(0),
  sampling: profileSettings.refine((settings) => Object.keys(settings).length > 0, 'must set something'),
});

/** Settings that a model's owner suggests, for prompts of a length. */
export type Profile = {
  readonly name: string;
  readonly description: string;
  readonly promptTokensMin: number;
  readonly settings: ProfileSettings;
};

export function toProfile({ name, description, prompt_tokens_min, sampling }: z.infer<typeof profileEntry>): Profile {
  return { name, description, promptTokensMin: prompt_tokens_min, settings: sampling };
}

/**
 * The entry for a prompt of this length: the one with the largest `prompt_tokens_min` that it reaches. A profile asked for
 * by its name applies to shorter prompts, too, with its first entry; "auto" may find none. Undefined also for an unknown name.
 */
export function chooseProfile(profiles: readonly Profile[], asked: string, promptTokens: number): Profile | undefined {
  const candidates = asked === AUTO ? profiles : profiles.filter(({ name }) => name === asked);
  const byLength = candidates.toSorted((a, b) => b.promptTokensMin - a.promptTokensMin);
  const reached = byLength.find(({ promptTokensMin }) => promptTokensMin <= promptTokens);
  return reached ?? (asked === AUTO ? undefined : byLength.at(-1));
}
