import type { Sampling } from '@sluice/proto/v1/Sampling';
import type { Stopping } from '@sluice/proto/v1/Stopping';
import { z } from 'zod';
import { INTEGER, type RefusalParams } from '../http/validate.ts';
import { boundedArray } from './bounded-array.ts';
import { isOneOf, neutralOnly } from './neutral-only.ts';

/** Names are short; this only keeps a body from being echoed. */
const NAME_LENGTH_MAX = 512;
/** OpenAI's limit. */
const STOP_STRINGS_MAX = 4;
/** The runtime holds text back while it could still become a stop string, so a long one would stall the stream. */
const STOP_STRING_LENGTH_MAX = 1_024;
const STOP_TOKENS_MAX = 64;
const LOGIT_BIASES_MAX = 1_024;
const TOKENS_MAX = 10_000_000;
const UINT32_MAX = 0xffff_ffff;

export function integer(min: number, max: number) {
  return z.int().min(min, INTEGER).max(max, INTEGER);
}

export function text(lengthMax = NAME_LENGTH_MAX) {
  return z.string().max(lengthMax);
}

const decimal = (min: number, max: number) => z.number().min(min).max(max);

const TOO_MANY_BIASES: RefusalParams = {
  code: 'INVALID_VALUE',
  message: `Invalid '%s': at most ${LOGIT_BIASES_MAX} tokens may be biased.`,
};
const NOT_A_TOKEN: RefusalParams = { code: 'INVALID_VALUE', message: "Invalid key in '%s': expected token ids as keys." };

const logitBias = z
  .record(z.string(), decimal(-100, 100))
  .refine((biases) => Object.keys(biases).length <= LOGIT_BIASES_MAX, { params: TOO_MANY_BIASES })
  .refine((biases) => Object.keys(biases).every((key) => /^\d{1,9}$/.test(key)), { params: NOT_A_TOKEN });

const stopString = z.string().max(STOP_STRING_LENGTH_MAX);

const streamOptions = z.strictObject({
  include_usage: z.boolean().nullish(),
  include_obfuscation: neutralOnly(isOneOf(false)),
});

/** What `/v1/chat/completions` and `/v1/completions` share: OpenAI's parameters first, then vLLM's extensions under vLLM's names. */
export const generationParameters = {
  model: text(),
  // Beside `base:adapter` as the model's name.
  adapter: text().nullish(),
  temperature: decimal(0, 2).nullish(),
  top_p: decimal(0, 1).nullish(),
  frequency_penalty: decimal(-2, 2).nullish(),
  presence_penalty: decimal(-2, 2).nullish(),
  seed: z.int().nullish(),
  logit_bias: logitBias.nullish(),
  stop: z.union([stopString, boundedArray(stopString, { max: STOP_STRINGS_MAX, of: 'strings' })]).nullish(),
  max_tokens: integer(1, TOKENS_MAX).nullish(),
  n: neutralOnly(isOneOf(1)),
  stream: z.boolean().nullish(),
  stream_options: streamOptions.nullish(),
  user: text().nullish(),

  top_k: integer(-1, UINT32_MAX).nullish(),
  min_p: decimal(0, 1).nullish(),
  repetition_penalty: decimal(0.01, 10).nullish(),
  min_tokens: integer(0, TOKENS_MAX).nullish(),
  ignore_eos: z.boolean().nullish(),
  stop_token_ids: boundedArray(integer(0, UINT32_MAX), { max: STOP_TOKENS_MAX, of: 'integers' }).nullish(),
  include_stop_str_in_output: z.boolean().nullish(),
} as const;

export type GenerationParameters = z.infer<z.ZodObject<typeof generationParameters>>;

/** Only what the client set is sent: unset differs from zero. */
export function toSampling(body: GenerationParameters): Sampling {
  const sampling: Sampling = {};
  if (isGiven(body.temperature)) sampling.temperature = body.temperature;
  if (isGiven(body.top_p)) sampling.topP = body.top_p;
  // vLLM spells "all of them" as -1; for the runtime it is 0.
  if (isGiven(body.top_k)) sampling.topK = Math.max(0, body.top_k);
  if (isGiven(body.min_p)) sampling.minP = body.min_p;
  if (isGiven(body.repetition_penalty)) sampling.repetitionPenalty = body.repetition_penalty;
  if (isGiven(body.presence_penalty)) sampling.presencePenalty = body.presence_penalty;
  if (isGiven(body.frequency_penalty)) sampling.frequencyPenalty = body.frequency_penalty;
  // OpenAI's seed has 64 bits, the runtime's 32: the low ones are as good.
  if (isGiven(body.seed)) sampling.seed = body.seed >>> 0;
  if (body.logit_bias) sampling.logitBias = Object.entries(body.logit_bias).map(([tokenId, bias]) => ({ tokenId: Number(tokenId), bias }));
  return sampling;
}

export function toStopping(body: GenerationParameters, maxTokens: number | undefined): Stopping {
  const stopping: Stopping = {};
  if (maxTokens !== undefined) stopping.maxTokens = maxTokens;
  if (body.min_tokens) stopping.minTokens = body.min_tokens;
  if (isGiven(body.stop)) stopping.stop = [body.stop].flat().filter((stop) => stop !== '');
  if (body.stop_token_ids) stopping.stopTokenIds = body.stop_token_ids;
  if (body.ignore_eos) stopping.ignoreEos = true;
  if (body.include_stop_str_in_output) stopping.includeStop = true;
  return stopping;
}

/** OpenAI's clients send null for what they do not set. */
export function isGiven<Value>(value: Value | null | undefined): value is Value {
  return value !== null && value !== undefined;
}
