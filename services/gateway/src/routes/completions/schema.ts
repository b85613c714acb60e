import { z } from 'zod';
import { validate } from '../../http/validate.ts';
import type { GenerationJob } from '../../inference/generation-job.ts';
import { generationParameters, toSampling, toStopping } from '../generation-schema.ts';
import { isOneOf, neutralOnly } from '../neutral-only.ts';
import { readStreamOptions } from '../stream-options.ts';
import { readPrompt } from './prompt.ts';

/** OpenAI's default for this endpoint. */
const MAX_TOKENS_DEFAULT = 16;

/** Every parameter of openai@7.55's completions stands here: honoured, or refused by name unless its value is neutral. */
export const completionSchema = z.strictObject({
  ...generationParameters,
  prompt: z.unknown(),
  best_of: neutralOnly(isOneOf(1)),
  echo: neutralOnly(isOneOf(false)),
  logprobs: neutralOnly(),
  suffix: neutralOnly(isOneOf('')),
});

export function parseCompletion(body: unknown): GenerationJob {
  const request = validate(completionSchema, body);
  return {
    model: request.model,
    adapter: request.adapter ?? '',
    ...readStreamOptions(request),
    request: {
      prompt: readPrompt(request.prompt),
      sampling: toSampling(request),
      stopping: toStopping(request, request.max_tokens ?? MAX_TOKENS_DEFAULT),
    },
  };
}
