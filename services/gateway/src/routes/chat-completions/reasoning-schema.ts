import { Fault } from '@sluice/platform/fault';
import type { Chat } from '@sluice/proto/v1/Chat';
import { z } from 'zod';
import type { RefusalParams } from '../../http/validate.ts';
import { anyObject, integer, isGiven, TOKENS_MAX } from '../scalars.ts';

/** What the template writes itself. */
const RESERVED = ['messages', 'tools', 'add_generation_prompt', 'bos_token', 'eos_token'];
const ARGUMENTS_LENGTH_MAX = 16_384;

/** Tokens to think with. From "high" on it is left to the model. */
const BUDGETS = { none: 0, minimal: 128, low: 1_024, medium: 4_096, high: undefined, xhigh: undefined, max: undefined } as const;
type Effort = keyof typeof BUDGETS;

/** What templates know: they write the word into the prompt, or refuse it. */
const LEVELS = { minimal: 'low', low: 'low', medium: 'medium', high: 'high', xhigh: 'high', max: 'high' } as const;

const TOO_LONG: RefusalParams = {
  code: 'INVALID_VALUE',
  message: `Invalid '%s': at most ${ARGUMENTS_LENGTH_MAX} characters of JSON are allowed.`,
};
const NOT_THEIRS: RefusalParams = {
  code: 'INVALID_VALUE',
  message: `Invalid '%s': the server sets ${RESERVED.map((name) => `'${name}'`).join(', ')} itself.`,
};

const effort = z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullish();
const tokens = integer(0, TOKENS_MAX).nullish();

/** OpenAI's effort, OpenRouter's object, vLLM's budget, and whatever else a model's template has a switch for. */
export const reasoningParameters = {
  reasoning_effort: effort,
  reasoning: z.strictObject({ effort, max_tokens: tokens }).nullish(),
  thinking_token_budget: tokens,
  chat_template_kwargs: anyObject()
    .refine((values) => JSON.stringify(values).length <= ARGUMENTS_LENGTH_MAX, { params: TOO_LONG })
    .refine((values) => RESERVED.every((name) => !Object.hasOwn(values, name)), { params: NOT_THEIRS })
    .nullish(),
} as const;

type ReasoningParameters = z.infer<z.ZodObject<typeof reasoningParameters>>;

/** How long a model may think, and what its template is told. A budget in tokens goes before the effort's own. */
export function toReasoning(body: ReasoningParameters): Pick<Chat, 'reasoningTokensMax' | 'templateArgumentsJson'> {
  const asked = readOne<Effort>(body.reasoning_effort, body.reasoning?.effort, ['reasoning_effort', 'reasoning.effort']);
  const budget = readOne(body.thinking_token_budget, body.reasoning?.max_tokens, ['thinking_token_budget', 'reasoning.max_tokens']);
  if (asked === 'none' && budget !== undefined && budget > 0) {
    const param = isGiven(body.thinking_token_budget) ? 'thinking_token_budget' : 'reasoning.max_tokens';
    throw new Fault('INVALID_VALUE', {
      message: `Invalid '${param}': there is nothing to spend when the reasoning effort is 'none'.`,
      param,
    });
  }
  const reasoningTokensMax = budget ?? (asked && BUDGETS[asked]);
  const values = { ...(asked && toTemplateArguments(asked)), ...body.chat_template_kwargs };
  return {
    ...(reasoningTokensMax === undefined ? {} : { reasoningTokensMax }),
    ...(Object.keys(values).length === 0 ? {} : { templateArgumentsJson: JSON.stringify(values) }),
  };
}

/** By the names that templates know it: Qwen's and DeepSeek's switches, and the level of gpt-oss. */
function toTemplateArguments(asked: Effort): Record<string, unknown> {
  if (asked === 'none') return { enable_thinking: false, thinking: false };
  return { enable_thinking: true, thinking: true, reasoning_effort: LEVELS[asked] };
}

/** Two names of one thing must agree. */
function readOne<Value extends string | number>(
  first: Value | null | undefined,
  second: Value | null | undefined,
  [name, other]: readonly [string, string],
): Value | undefined {
  if (isGiven(first) && isGiven(second) && first !== second)
    throw new Fault('INVALID_VALUE', { message: `'${name}' and '${other}' are one parameter, and differ.`, param: other });
  return first ?? second ?? undefined;
}
