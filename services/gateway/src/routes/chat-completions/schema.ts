import { Fault } from '@sluice/platform/fault';
import { z } from 'zod';
import { validate } from '../../http/validate.ts';
import type { GenerationJob } from '../../inference/generation-job.ts';
import { boundedMetadata } from '../bounded-metadata.ts';
import { readConstraint, type NamedConstraint } from '../constraint-schema.ts';
import { generationParameters, toStopping } from '../generation-schema.ts';
import { isEmptyArray, isObjectWith, isOneOf, neutralOnly } from '../neutral-only.ts';
import { toSampling } from '../sampling-schema.ts';
import { integer, isGiven, text, TOKENS_MAX } from '../scalars.ts';
import { readStreamOptions } from '../stream-options.ts';
import { messages, toChatMessages } from './messages-schema.ts';
import { reasoningParameters, toReasoning } from './reasoning-schema.ts';
import { isForcing, toChatTools, toolParameters } from './tools-schema.ts';

/** OpenAI's bound. */
const TOP_LOGPROBS_MAX = 20;

/** Every parameter of openai@7.55's chat completions stands here: honoured, or refused by name unless its value is neutral. */
export const chatCompletionSchema = z.strictObject({
  messages,
  ...generationParameters,
  ...toolParameters,
  ...reasoningParameters,
  max_completion_tokens: integer(1, TOKENS_MAX).nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: integer(0, TOP_LOGPROBS_MAX).nullish(),
  metadata: boundedMetadata.nullish(),
  // Hints about who asks and what may be cached: they change no answer.
  prompt_cache_key: text().nullish(),
  safety_identifier: text().nullish(),

  audio: neutralOnly(),
  function_call: neutralOnly(isOneOf('none', 'auto')),
  functions: neutralOnly(isEmptyArray),
  modalities: neutralOnly((value) => Array.isArray(value) && value.length === 1 && value[0] === 'text'),
  moderation: neutralOnly(),
  prediction: neutralOnly(),
  prompt_cache_options: neutralOnly(isObjectWith('mode', 'implicit')),
  prompt_cache_retention: neutralOnly(isOneOf('in_memory')),
  service_tier: neutralOnly(isOneOf('auto', 'default')),
  store: neutralOnly(isOneOf(false)),
  verbosity: neutralOnly(isOneOf('medium')),
  web_search_options: neutralOnly(),
});

type ChatCompletion = z.infer<typeof chatCompletionSchema>;

export function parseChatCompletion(body: unknown): GenerationJob {
  const request = validate(chatCompletionSchema, body);
  const logprobs = readLogprobs(request);
  const constraint = readConstraint(request);
  checkChoice(request, constraint);
  return {
    model: request.model,
    adapter: request.adapter ?? '',
    ...readStreamOptions(request),
    request: {
      prompt: { chat: { messages: toChatMessages(request.messages), ...toChatTools(request), ...toReasoning(request) } },
      sampling: toSampling(request),
      stopping: toStopping(request, readMaxTokens(request)),
      ...(isGiven(request.n) && request.n > 1 ? { n: request.n } : {}),
      ...(logprobs === undefined ? {} : { logprobs }),
      ...(constraint ? { constraint: constraint.constraint } : {}),
      ...(request.profile ? { profile: request.profile } : {}),
    },
    ...(constraint ? { constraintParam: constraint.param } : {}),
  };
}

function readMaxTokens(request: ChatCompletion): number | undefined {
  if (isGiven(request.max_tokens) && isGiven(request.max_completion_tokens)) {
    throw new Fault('INVALID_VALUE', {
      message: "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
      param: 'max_tokens',
    });
  }
  return request.max_completion_tokens ?? request.max_tokens ?? undefined;
}

/** How many alternatives each token is told with; undefined when none is told at all. */
function readLogprobs({ logprobs, top_logprobs: top }: ChatCompletion): number | undefined {
  if (logprobs) return top ?? 0;
  if (!top) return undefined;
  throw new Fault('INVALID_VALUE', {
    message: "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.",
    param: 'top_logprobs',
  });
}

/** An answer that can only be a call has no text to constrain. */
function checkChoice({ tool_choice: choice }: ChatCompletion, constraint: NamedConstraint | undefined): void {
  if (!constraint || !isForcing(choice)) return;
  throw new Fault('INVALID_VALUE', {
    message: `'${constraint.param}' says what the text must look like, but 'tool_choice' allows none.`,
    param: constraint.param,
  });
}
