import { Fault } from '@sluice/platform/fault';
import type { Stopping } from '@sluice/proto/v1/Stopping';
import { z } from 'zod';
import { boundedArray } from './bounded-array.ts';
import { constraintParameters } from './constraint-schema.ts';
import { isOneOf, neutralOnly } from './neutral-only.ts';
import { samplingParameters } from './sampling-schema.ts';
import { integer, isGiven, text, TOKENS_MAX, UINT32_MAX } from './scalars.ts';

/** OpenAI's limit. */
const STOP_STRINGS_MAX = 4;
/** The runtime holds text back while it could still become a stop string, so a long one would stall the stream. */
const STOP_STRING_LENGTH_MAX = 1_024;
const STOP_TOKENS_MAX = 64;
/** Each has a place in the worker's cache of its own. */
export const ANSWERS_MAX = 16;

const stopString = z.string().max(STOP_STRING_LENGTH_MAX);

const streamOptions = z.strictObject({
  include_usage: z.boolean().nullish(),
  include_obfuscation: neutralOnly(isOneOf(false)),
});

/** What `/v1/chat/completions` and `/v1/completions` share: OpenAI's parameters first, then vLLM's extensions under vLLM's names. */
export const generationParameters = {
  model: text(),
  ...samplingParameters,
  ...constraintParameters,
  stop: z.union([stopString, boundedArray(stopString, { max: STOP_STRINGS_MAX, of: 'strings' })]).nullish(),
  max_tokens: integer(1, TOKENS_MAX).nullish(),
  n: integer(1, ANSWERS_MAX).nullish(),
  stream: z.boolean().nullish(),
  stream_options: streamOptions.nullish(),
  user: text().nullish(),

  min_tokens: integer(0, TOKENS_MAX).nullish(),
  ignore_eos: z.boolean().nullish(),
  stop_token_ids: boundedArray(integer(0, UINT32_MAX), { max: STOP_TOKENS_MAX, of: 'integers' }).nullish(),
  include_stop_str_in_output: z.boolean().nullish(),

  // Beside `base:adapter` as the model's name.
  adapter: text().nullish(),
  profile: text().nullish(),
} as const;

export type GenerationParameters = z.infer<z.ZodObject<typeof generationParameters>>;

export function toStopping(body: GenerationParameters, maxTokens: number | undefined): Stopping {
  if (isGiven(body.min_tokens) && maxTokens !== undefined && body.min_tokens > maxTokens) {
    throw new Fault('INVALID_VALUE', {
      message: `Invalid 'min_tokens': ${body.min_tokens} is more than the ${maxTokens} tokens that the answer may have.`,
      param: 'min_tokens',
    });
  }
  const stopping: Stopping = {};
  if (maxTokens !== undefined) stopping.maxTokens = maxTokens;
  if (body.min_tokens) stopping.minTokens = body.min_tokens;
  if (isGiven(body.stop)) stopping.stop = [body.stop].flat().filter((stop) => stop !== '');
  if (body.stop_token_ids) stopping.stopTokenIds = body.stop_token_ids;
  if (body.ignore_eos) stopping.ignoreEos = true;
  if (body.include_stop_str_in_output) stopping.includeStop = true;
  return stopping;
}
