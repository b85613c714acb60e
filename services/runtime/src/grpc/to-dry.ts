import type { Sampling__Output } from '@sluice/proto/v1/Sampling';
import type { SamplerParams } from '../engine/engine.ts';
import { DryVocabulary } from '../engine/sampling/dry-vocabulary.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import type { SamplingContext } from './to-sampling.ts';

/** llama.cpp's own defaults. */
const BASE = 1.75;
const ALLOWED_LENGTH = 2;
const LAST_TOKENS = 64;
const SEQUENCE_BREAKERS = ['\n', ':', '"', '*'];

type Vocabulary = Pick<Tokenizer, 'tokenBytes' | 'encodeMore'>;

/** A vocabulary is searched for a breaker once. */
const vocabularies = new WeakMap<Vocabulary, DryVocabulary>();

/** Undefined where it is switched off. */
export function toDry(
  wire: Sampling__Output | null | undefined,
  { profile, prompt, model }: Pick<SamplingContext, 'profile' | 'prompt' | 'model'>,
): SamplerParams['dry'] {
  const multiplier = wire?.dryMultiplier ?? profile?.dry_multiplier ?? 0;
  const asked = wire?.dryPenaltyLastN ?? profile?.dry_penalty_last_n ?? LAST_TOKENS;
  const { contextTokens } = model.engine;
  const lastTokens = asked < 0 ? contextTokens : Math.min(asked, contextTokens);
  if (multiplier === 0 || lastTokens === 0) return undefined;
  const breakers = wire?.drySequenceBreakers ?? [];
  return {
    multiplier,
    base: wire?.dryBase ?? profile?.dry_base ?? BASE,
    allowedLength: wire?.dryAllowedLength ?? profile?.dry_allowed_length ?? ALLOWED_LENGTH,
    lastTokens,
    breakers: vocabularyOf(model.tokenizer).breakers(breakers.length > 0 ? breakers : SEQUENCE_BREAKERS),
    history: [...prompt.subarray(-lastTokens)],
  };
}

function vocabularyOf(tokenizer: Vocabulary): DryVocabulary {
  const known = vocabularies.get(tokenizer);
  if (known) return known;
  const { tokenBytes } = tokenizer;
  const vocabulary = new DryVocabulary({ tokenBytes, encode: (text) => [...tokenizer.encodeMore(text)] });
  vocabularies.set(tokenizer, vocabulary);
  return vocabulary;
}
