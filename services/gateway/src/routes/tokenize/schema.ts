import { Fault } from '@sluice/platform/fault';
import type { TokenizeRequest } from '@sluice/proto/v1/TokenizeRequest';
import { z } from 'zod';
import { validate } from '../../http/validate.ts';
import { boundedArray } from '../bounded-array.ts';
import { parseChatCompletion } from '../chat-completions/schema.ts';
import { isOneOf, neutralOnly } from '../neutral-only.ts';
import { integer, isGiven, text } from '../scalars.ts';
import type { FreeJob } from '../serve-free.ts';

/** Longer than any context. */
const TOKENS_MAX = 1_000_000;
const UINT32_MAX = 0xffff_ffff;

/** vLLM's parameters: a text as `prompt`, or a chat as `messages` with what belongs to it. */
const tokenizeSchema = z.strictObject({
  model: text(),
  prompt: z.string().nullish(),
  messages: z.unknown().optional(),
  tools: z.unknown().optional(),
  chat_template_kwargs: z.unknown().optional(),
  add_special_tokens: z.boolean().nullish(),
  add_generation_prompt: z.boolean().nullish(),
  continue_final_message: neutralOnly(isOneOf(false)),
  chat_template: neutralOnly(),
  return_token_strs: neutralOnly(isOneOf(false)),
});

const detokenizeSchema = z.strictObject({
  model: text(),
  tokens: boundedArray(integer(0, UINT32_MAX), { max: TOKENS_MAX, of: 'token ids' }),
});

type Tokenize = z.infer<typeof tokenizeSchema>;

export function parseTokenize(body: unknown): FreeJob {
  const request = validate(tokenizeSchema, body);
  const asked = isGiven(request.messages) ? readChat(request) : readText(request);
  return {
    model: request.model,
    adapter: '',
    ask: async (worker, model, limits) => {
      const { tokenIds, contextTokensMax } = await worker.tokenize({ model, ...asked }, limits);
      return JSON.stringify({ count: tokenIds.length, max_model_len: contextTokensMax, tokens: tokenIds });
    },
  };
}

export function parseDetokenize(body: unknown): FreeJob {
  const { model: name, tokens: tokenIds } = validate(detokenizeSchema, body);
  return {
    model: name,
    adapter: '',
    ask: async (worker, model, limits) => JSON.stringify({ prompt: (await worker.detokenize({ model, tokenIds }, limits)).text }),
  };
}

/** What a chat completion with this very body would read. */
export function parseChatInputTokens(body: unknown): FreeJob {
  const { model: name, adapter, request } = parseChatCompletion(body);
  return {
    model: name,
    adapter,
    ask: async (worker, model, limits) => {
      const { tokenIds } = await worker.tokenize({ model, prompt: request.prompt }, limits);
      return JSON.stringify({ object: 'response.input_tokens', input_tokens: tokenIds.length });
    },
  };
}

function readText(request: Tokenize): Omit<TokenizeRequest, 'model'> {
  for (const param of ['tools', 'chat_template_kwargs', 'add_generation_prompt'] as const) {
    if (isGiven(request[param]))
      throw new Fault('INVALID_VALUE', { message: `'${param}' belongs to 'messages', which is missing.`, param });
  }
  if (!isGiven(request.prompt)) throw new Fault('MISSING_PARAMETER', { message: "Missing required parameter: 'prompt'.", param: 'prompt' });
  return { prompt: { text: request.prompt }, withoutMarkers: request.add_special_tokens === false };
}

/** A chat has the tokens that its template writes, and the one that every input begins with. */
function readChat({
  model,
  prompt,
  messages,
  tools,
  chat_template_kwargs,
  add_special_tokens,
  ...request
}: Tokenize): Omit<TokenizeRequest, 'model'> {
  if (isGiven(prompt))
    throw new Fault('INVALID_VALUE', { message: "Setting 'prompt' and 'messages' at the same time is not supported.", param: 'prompt' });
  if (isGiven(add_special_tokens)) {
    const param = 'add_special_tokens';
    throw new Fault('INVALID_VALUE', { message: `'${param}' belongs to 'prompt'. What a chat begins with is up to its template.`, param });
  }
  const chat = parseChatCompletion({
    model,
    messages,
    ...(isGiven(tools) ? { tools } : {}),
    ...(isGiven(chat_template_kwargs) ? { chat_template_kwargs } : {}),
  });
  return { prompt: chat.request.prompt, withoutGenerationPrompt: request.add_generation_prompt === false };
}
