import { Fault } from '@sluice/platform/fault';
import { z } from 'zod';
import { validate } from '../../http/validate.ts';
import type { GenerationJob } from '../../inference/generation-job.ts';
import { boundedMetadata } from '../bounded-metadata.ts';
import { generationParameters, integer, isGiven, text, toSampling, toStopping } from '../generation-schema.ts';
import { isEmptyArray, isObjectWith, isOneOf, neutralOnly } from '../neutral-only.ts';
import { readStreamOptions } from '../stream-options.ts';
import { messages, toChatMessages } from './messages-schema.ts';

/** Every parameter of openai@7.55's chat completions stands here: honoured, or refused by name unless its value is neutral. */
export const chatCompletionSchema = z.strictObject({
  messages,
  ...generationParameters,
  max_completion_tokens: integer(1, 10_000_000).nullish(),
  metadata: boundedMetadata.nullish(),
  // Hints about who asks and what may be cached: they change no answer.
  prompt_cache_key: text().nullish(),
  safety_identifier: text().nullish(),

  audio: neutralOnly(),
  function_call: neutralOnly(isOneOf('none', 'auto')),
  functions: neutralOnly(isEmptyArray),
  logprobs: neutralOnly(isOneOf(false)),
  modalities: neutralOnly((value) => Array.isArray(value) && value.length === 1 && value[0] === 'text'),
  moderation: neutralOnly(),
  parallel_tool_calls: neutralOnly(isOneOf(true, false)),
  prediction: neutralOnly(),
  prompt_cache_options: neutralOnly(isObjectWith('mode', 'implicit')),
  prompt_cache_retention: neutralOnly(isOneOf('in_memory')),
  reasoning_effort: neutralOnly(isOneOf('none')),
  response_format: neutralOnly(isObjectWith('type', 'text')),
  service_tier: neutralOnly(isOneOf('auto', 'default')),
  store: neutralOnly(isOneOf(false)),
  tool_choice: neutralOnly(isOneOf('none', 'auto')),
  tools: neutralOnly(isEmptyArray),
  top_logprobs: neutralOnly(isOneOf(0)),
  verbosity: neutralOnly(isOneOf('medium')),
  web_search_options: neutralOnly(),
});

export function parseChatCompletion(body: unknown): GenerationJob {
  const request = validate(chatCompletionSchema, body);
  return {
    model: request.model,
    adapter: request.adapter ?? '',
    ...readStreamOptions(request),
    request: {
      prompt: { chat: { messages: toChatMessages(request.messages) } },
      sampling: toSampling(request),
      stopping: toStopping(request, readMaxTokens(request)),
    },
  };
}

function readMaxTokens(request: z.infer<typeof chatCompletionSchema>): number | undefined {
  if (isGiven(request.max_tokens) && isGiven(request.max_completion_tokens)) {
    throw new Fault('INVALID_VALUE', {
      message: "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
      param: 'max_tokens',
    });
  }
  return request.max_completion_tokens ?? request.max_tokens ?? undefined;
}
