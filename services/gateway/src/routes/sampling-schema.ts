import { Fault } from '@sluice/platform/fault';
import type { Sampling } from '@sluice/proto/v1/Sampling';
import { z } from 'zod';
import type { RefusalParams } from '../http/validate.ts';
import { boundedArray } from './bounded-array.ts';
import { decimal, integer, isGiven, TOKENS_MAX, UINT32_MAX } from './scalars.ts';

const LOGIT_BIASES_MAX = 1_024;
/** The worker's own bounds: each is searched for in the whole vocabulary. */
const BREAKERS_MAX = 16;
const BREAKER_LENGTH_MAX = 40;
/** Far above every value that still gives text. */
const STRENGTH_MAX = 100;

const TOO_MANY_BIASES: RefusalParams = {
  code: 'INVALID_VALUE',
  message: `Invalid '%s': at most ${LOGIT_BIASES_MAX} tokens may be biased.`,
};
const NOT_A_TOKEN: RefusalParams = { code: 'INVALID_VALUE', message: "Invalid key in '%s': expected token ids as keys." };

const logitBias = z
  .record(z.string(), decimal(-100, 100))
  .refine((biases) => Object.keys(biases).length <= LOGIT_BIASES_MAX, { params: TOO_MANY_BIASES })
  .refine((biases) => Object.keys(biases).every((key) => /^\d{1,9}$/.test(key)), { params: NOT_A_TOKEN });

/** How tokens are chosen: OpenAI's parameters first, then vLLM's and llama-server's under their names. */
export const samplingParameters = {
  temperature: decimal(0, 2).nullish(),
  top_p: decimal(0, 1).nullish(),
  frequency_penalty: decimal(-2, 2).nullish(),
  presence_penalty: decimal(-2, 2).nullish(),
  seed: z.int().nullish(),
  logit_bias: logitBias.nullish(),

  top_k: integer(-1, UINT32_MAX).nullish(),
  min_p: decimal(0, 1).nullish(),
  repetition_penalty: decimal(0.01, 10).nullish(),
  typical_p: decimal(0, 1).nullish(),
  dry_multiplier: decimal(0, STRENGTH_MAX).nullish(),
  dry_base: decimal(1, STRENGTH_MAX).nullish(),
  dry_allowed_length: integer(1, TOKENS_MAX).nullish(),
  dry_penalty_last_n: integer(-1, TOKENS_MAX).nullish(),
  dry_sequence_breakers: boundedArray(z.string().min(1).max(BREAKER_LENGTH_MAX), { max: BREAKERS_MAX, of: 'strings' }).nullish(),
  xtc_probability: decimal(0, 1).nullish(),
  xtc_threshold: decimal(0, 1).nullish(),
  mirostat: integer(0, 2).nullish(),
  mirostat_mode: integer(0, 2).nullish(),
  mirostat_tau: decimal(0, STRENGTH_MAX).nullish(),
  mirostat_eta: decimal(0, 1).nullish(),
  watermark: z.boolean().nullish(),
} as const;

type SamplingParameters = z.infer<z.ZodObject<typeof samplingParameters>>;

/** Where the client's name leads to. */
const DIRECT = {
  temperature: 'temperature',
  top_p: 'topP',
  min_p: 'minP',
  repetition_penalty: 'repetitionPenalty',
  presence_penalty: 'presencePenalty',
  frequency_penalty: 'frequencyPenalty',
  typical_p: 'typicalP',
  dry_multiplier: 'dryMultiplier',
  dry_base: 'dryBase',
  dry_allowed_length: 'dryAllowedLength',
  dry_penalty_last_n: 'dryPenaltyLastN',
  xtc_probability: 'xtcProbability',
  xtc_threshold: 'xtcThreshold',
  mirostat_tau: 'mirostatTau',
  mirostat_eta: 'mirostatEta',
} as const satisfies Partial<Record<keyof SamplingParameters, keyof Sampling>>;

/** Only what the client set is sent: unset differs from zero. */
export function toSampling(body: SamplingParameters): Sampling {
  const sampling: Sampling = {};
  for (const name of Object.keys(DIRECT) as (keyof typeof DIRECT)[]) {
    const value = body[name];
    if (isGiven(value)) sampling[DIRECT[name]] = value;
  }
  // vLLM spells "all of them" as -1; for the runtime it is 0.
  if (isGiven(body.top_k)) sampling.topK = Math.max(0, body.top_k);
  // OpenAI's seed has 64 bits, the runtime's 32: the low ones are as good.
  if (isGiven(body.seed)) sampling.seed = body.seed >>> 0;
  if (body.logit_bias) sampling.logitBias = Object.entries(body.logit_bias).map(([tokenId, bias]) => ({ tokenId: Number(tokenId), bias }));
  if (body.dry_sequence_breakers) sampling.drySequenceBreakers = body.dry_sequence_breakers;
  const mirostat = readMirostat(body);
  if (mirostat !== undefined) sampling.mirostat = mirostat;
  if (body.watermark) sampling.watermark = true;
  return sampling;
}

/** llama-server's name and text-generation-webui's. */
function readMirostat({ mirostat, mirostat_mode: mode }: SamplingParameters): number | undefined {
  if (isGiven(mirostat) && isGiven(mode) && mirostat !== mode) {
    throw new Fault('INVALID_VALUE', { message: "'mirostat' and 'mirostat_mode' are one parameter, and differ.", param: 'mirostat_mode' });
  }
  return mirostat ?? mode ?? undefined;
}
