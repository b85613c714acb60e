import { Fault } from '@sluice/platform/fault';
import { z } from 'zod';
import { validate } from '../../http/validate.ts';
import type { GenerationJob } from '../../inference/generation-job.ts';
import { readConstraint } from '../constraint-schema.ts';
import { ANSWERS_MAX, generationParameters, toStopping } from '../generation-schema.ts';
import { isOneOf, neutralOnly } from '../neutral-only.ts';
import { toSampling } from '../sampling-schema.ts';
import { integer, isGiven, TOKENS_MAX } from '../scalars.ts';
import { readStreamOptions } from '../stream-options.ts';
import { readPrompts } from './prompt.ts';

/** OpenAI's default for this endpoint. */
const MAX_TOKENS_DEFAULT = 16;
/** OpenAI has 5 here and 20 for chats; vLLM has 20 for both. */
const LOGPROBS_MAX = 20;
/** Of one request, those that are generated and not answered included: they run for as long as one request may. */
const GENERATED_MAX = 128;

/** Every parameter of openai@7.55's completions stands here: honoured, or refused by name unless its value is neutral. */
export const completionSchema = z.strictObject({
  ...generationParameters,
  prompt: z.unknown(),
  max_tokens: integer(0, TOKENS_MAX).nullish(),
  best_of: integer(1, ANSWERS_MAX).nullish(),
  echo: z.boolean().nullish(),
  logprobs: integer(0, LOGPROBS_MAX).nullish(),
  suffix: neutralOnly(isOneOf('')),
});

type Completion = z.infer<typeof completionSchema>;

export function parseCompletion(body: unknown): GenerationJob {
  const request = validate(completionSchema, body);
  const answers = readAnswers(request);
  const [prompt, ...morePrompts] = readPrompts(request.prompt);
  checkGenerated((answers.bestOf ?? answers.n ?? 1) * (1 + morePrompts.length));
  const constraint = readConstraint(request);
  return {
    model: request.model,
    adapter: request.adapter ?? '',
    ...readStreamOptions(request),
    request: {
      prompt,
      sampling: toSampling(request),
      stopping: toStopping(request, readMaxTokens(request)),
      ...answers,
      ...(request.echo ? { echo: true } : {}),
      ...(isGiven(request.logprobs) ? { logprobs: request.logprobs } : {}),
      ...(constraint ? { constraint: constraint.constraint } : {}),
      ...(request.profile ? { profile: request.profile } : {}),
    },
    ...(constraint ? { constraintParam: constraint.param } : {}),
    ...(morePrompts.length > 0 ? { morePrompts } : {}),
  };
}

/** Nothing at all is only worth asking for where the prompt comes back. */
function readMaxTokens({ max_tokens: maxTokens, echo }: Completion): number {
  if (maxTokens !== 0 || echo) return maxTokens ?? MAX_TOKENS_DEFAULT;
  throw new Fault('INTEGER_BELOW_MIN_VALUE', {
    message: "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, or 'echo', but got 0 instead.",
    param: 'max_tokens',
  });
}

function readAnswers({ n, best_of: bestOf, stream }: Completion): { n?: number; bestOf?: number } {
  const answered = n ?? 1;
  const generated = bestOf ?? answered;
  if (generated < answered) {
    throw new Fault('INVALID_VALUE', {
      message: `Invalid 'best_of': ${generated} answers are fewer than 'n', ${answered}.`,
      param: 'best_of',
    });
  }
  if (stream && generated > answered) {
    const message = "Invalid 'best_of': which answers are the best is only known at the end, so they cannot be streamed.";
    throw new Fault('INVALID_VALUE', { message, param: 'best_of' });
  }
  return { ...(answered > 1 ? { n: answered } : {}), ...(generated > answered ? { bestOf: generated } : {}) };
}

function checkGenerated(count: number): void {
  if (count <= GENERATED_MAX) return;
  throw new Fault('INVALID_VALUE', {
    message: `Invalid 'prompt': its prompts have ${count} answers together, more than the ${GENERATED_MAX} that one request may have.`,
    param: 'prompt',
  });
}
