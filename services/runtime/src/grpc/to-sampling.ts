import { randomInt } from 'node:crypto';
import { Fault } from '@sluice/platform/fault';
import type { Sampling__Output } from '@sluice/proto/v1/Sampling';
import type { Grammar, SamplerParams } from '../engine/engine.ts';
import type { SamplingDefaults } from '../models/model-settings.ts';
import type { ProfileSettings } from '../models/profile.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import type { Watermark } from '../watermark/watermark.ts';
import { assertSamplingFits } from './assert-sampling.ts';
import { toDry } from './to-dry.ts';

export type SamplingContext = {
  readonly model: {
    readonly settings: { readonly samplingDefaults: SamplingDefaults };
    readonly tokenizer: Pick<Tokenizer, 'vocabularySize' | 'tokenBytes' | 'encodeMore'>;
    readonly engine: { readonly contextTokens: number };
  };
  readonly prompt: Uint32Array;
  readonly banEndOfGeneration: boolean;
  /** Fills in what the request leaves unset. */
  readonly profile?: ProfileSettings | undefined;
  readonly logprobs?: number | undefined;
  readonly grammar?: Grammar | undefined;
  readonly bannedTokens?: readonly number[] | undefined;
  /** The server's, where it has one. */
  readonly watermark?: Watermark | undefined;
};

/** OpenAI bans a token with -100. */
const BAN_BIAS = -100;
/** As many as OpenAI gives. */
const LOGPROBS_MAX = 20;
/** llama.cpp's own defaults. */
const XTC_THRESHOLD = 0.1;
const MIROSTAT_TAU = 5;
const MIROSTAT_ETA = 0.1;

/** The wire's sampling as the engine wants it: the request's, else the profile's, else the model's. Throws a Fault for what cannot work. */
export function toSampling(wire: Sampling__Output | null | undefined, context: SamplingContext): SamplerParams {
  const { profile, model, prompt } = context;
  const defaults = model.settings.samplingDefaults;
  const presencePenalty = wire?.presencePenalty ?? profile?.presence_penalty ?? 0;
  const frequencyPenalty = wire?.frequencyPenalty ?? profile?.frequency_penalty ?? 0;
  const repetitionPenalty = wire?.repetitionPenalty ?? profile?.repetition_penalty ?? defaults.repetitionPenalty;
  const temperature = wire?.temperature ?? profile?.temperature ?? defaults.temperature;
  assertSamplingFits(wire, temperature);
  const mirostat = toMirostat(wire);
  const params = {
    temperature,
    repetitionPenalty,
    presencePenalty,
    frequencyPenalty,
    // Never the clock: requests of the same second would sample the same.
    seed: wire?.seed ?? randomInt(2 ** 32),
    logitBias: toLogitBias(wire, model.tokenizer.vocabularySize),
    banEndOfGeneration: context.banEndOfGeneration,
    // The three penalties share one history. Presence and frequency count output only, as OpenAI's do; the repetition
    // penalty also counts the prompt, as vLLM's does, unless one of the other two is set.
    penaltyHistory: presencePenalty === 0 && frequencyPenalty === 0 && repetitionPenalty !== 1 ? [...prompt] : [],
    dry: toDry(wire, context),
    watermark: toWatermark(wire, context.watermark),
    logprobs: toLogprobs(context.logprobs),
    grammar: context.grammar,
    bannedTokens: context.bannedTokens,
  };
  // Mirostat replaces all truncation, also that which nobody asked for.
  if (mirostat) return { ...params, topP: 1, topK: 0, minP: 0, mirostat };
  return {
    ...params,
    topP: wire?.topP ?? profile?.top_p ?? defaults.topP,
    topK: wire?.topK ?? profile?.top_k ?? defaults.topK,
    minP: wire?.minP ?? profile?.min_p ?? defaults.minP,
    typicalP: wire?.typicalP ?? profile?.typical_p,
    xtc: toXtc(wire, profile),
  };
}

function toLogitBias(wire: Sampling__Output | null | undefined, vocabularySize: number): ReadonlyMap<number, number> {
  const bias = new Map<number, number>();
  for (const entry of wire?.logitBias ?? []) {
    if (entry.tokenId >= vocabularySize) {
      throw new Fault('INVALID_VALUE', {
        message: `Token id ${entry.tokenId} is outside the model's vocabulary of ${vocabularySize} tokens.`,
        param: 'logit_bias',
      });
    }
    bias.set(entry.tokenId, entry.bias <= BAN_BIAS ? Number.NEGATIVE_INFINITY : entry.bias);
  }
  return bias;
}

function toXtc(wire: Sampling__Output | null | undefined, profile: ProfileSettings | undefined): SamplerParams['xtc'] {
  const probability = wire?.xtcProbability ?? profile?.xtc_probability ?? 0;
  return probability > 0 ? { probability, threshold: wire?.xtcThreshold ?? profile?.xtc_threshold ?? XTC_THRESHOLD } : undefined;
}

function toMirostat(wire: Sampling__Output | null | undefined): SamplerParams['mirostat'] {
  const version = wire?.mirostat ?? 0;
  if (version !== 1 && version !== 2) return undefined;
  return { version, tau: wire?.mirostatTau ?? MIROSTAT_TAU, eta: wire?.mirostatEta ?? MIROSTAT_ETA };
}

function toWatermark(wire: Sampling__Output | null | undefined, watermark: Watermark | undefined): Watermark | undefined {
  if (!wire?.watermark) return undefined;
  if (watermark) return watermark;
  throw new Fault('UNSUPPORTED_PARAMETER', { message: 'This server has no key for watermarks.', param: 'watermark' });
}

function toLogprobs(asked: number | undefined): number | undefined {
  if (asked !== undefined && asked > LOGPROBS_MAX) {
    throw new Fault('INTEGER_ABOVE_MAX_VALUE', {
      message: `At most ${LOGPROBS_MAX} alternatives have log probabilities.`,
      param: 'top_logprobs',
    });
  }
  return asked;
}
