import { Fault } from '@sluice/platform/fault';
import { isDeeperThan, JSON_DEPTH_MAX } from '@sluice/platform/json-depth';
import type { Chat__Output } from '@sluice/proto/v1/Chat';
import type { GenerateRequest__Output } from '@sluice/proto/v1/GenerateRequest';
import type { Prompt__Output } from '@sluice/proto/v1/Prompt';
import type { OutputSource } from '../constraint/output-source.ts';
import type { Grammar, SamplerParams } from '../engine/engine.ts';
import type { LoadedModel } from '../models/load-model.ts';
import type { Profile } from '../models/profile.ts';
import type { Echo, GenerationRequest, TextSink } from '../scheduler/generation.ts';
import type { ChatTurn } from '../text/chat.ts';
import type { ChatRequest } from '../text/chat-request.ts';
import { OutputText } from '../text/output-text.ts';
import type { PromptSource } from '../text/prompt.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import type { Watermark } from '../watermark/watermark.ts';
import type { Answers } from './to-answers.ts';
import { toForm } from './to-constraint.ts';
import { toProfile } from './to-profile.ts';
import { toSampling } from './to-sampling.ts';

/** A schema within a list of tools. */
const WIRE_DEPTH_MAX = JSON_DEPTH_MAX + 8;

/** What the worker has beside the model. */
export type WorkerExtras = { readonly watermark?: Watermark | undefined };

/** A prompt that was read, and for a chat how the answer is to be. */
export type ReadPrompt = { readonly prompt: Uint32Array; readonly turn: ChatTurn | undefined };

/** Throws a Fault for a prompt that the model cannot take. */
export function readPrompt(request: GenerateRequest__Output, model: LoadedModel): ReadPrompt {
  const source = toPromptSource(request.prompt);
  const turn = source.kind === 'chat' ? model.chat?.begin(source) : undefined;
  return { turn, prompt: turn?.prompt ?? model.encodePrompt(source) };
}

type GenerationContext = WorkerExtras & {
  readonly model: LoadedModel;
  readonly read: ReadPrompt;
  readonly grammar: Grammar | undefined;
  /** What the grammar stands for. */
  readonly source: OutputSource | undefined;
  /** Which of several answers it is. */
  readonly index: number;
  readonly answers: Answers;
  /** How long it may still wait for a slot. */
  readonly queueTimeoutMs: number;
};

/** The profile that a request asks for. */
export function profileOf(
  { profile }: GenerateRequest__Output,
  { model, read }: Pick<GenerationContext, 'model' | 'read'>,
): Profile | undefined {
  return toProfile(profile, model.settings.profiles, read.prompt.length);
}

/** A wire request, or one of its answers, as the scheduler wants it. Throws a Fault for what the model cannot do. */
export function toGeneration(request: GenerateRequest__Output, context: GenerationContext): Omit<GenerationRequest, 'outlet'> {
  const { model, watermark, grammar, index, answers, queueTimeoutMs } = context;
  const { prompt, turn } = context.read;
  const profile = profileOf(request, context);
  const { stopping } = request;
  const minTokens = stopping?.minTokens ?? 0;
  const ignoreEos = stopping?.ignoreEos ?? false;
  // The best answers are those with the best log probabilities, whether the client wants to see them or not.
  const logprobs = request.logprobs ?? (answers.generated > answers.answered ? 0 : undefined);
  if (ignoreEos && grammar)
    throw new Fault('INVALID_VALUE', {
      message: "'ignore_eos' cannot be used where the output has a form, and so an end.",
      param: 'ignore_eos',
    });
  const ending = { stop: stopping?.stop ?? [], includeStop: stopping?.includeStop ?? false, minTokens };
  const text = turn?.createText(ending, context.source?.constraint) ?? new OutputText(model.tokenizer.tokenBytes, ending);
  return {
    prompt,
    sampling: withSeedOf(
      index,
      toSampling(request.sampling, {
        model,
        prompt,
        profile: profile?.settings,
        banEndOfGeneration: ignoreEos || minTokens > 0,
        logprobs,
        watermark,
        grammar,
        bannedTokens: grammar && silentTokens(model.tokenizer, text),
      }),
    ),
    maxTokens: stopping?.maxTokens,
    totalTokensMax: stopping?.totalTokensMax,
    minTokens,
    stopTokenIds: new Set(stopping?.stopTokenIds),
    ignoreEos,
    priority: request.priority,
    prefixDigests: request.prefixDigests,
    queueTimeoutMs,
    echo: request.echo ? toEcho(request, context) : undefined,
    form: context.source && toForm(context.source),
    text,
    ...(logprobs === undefined ? undefined : { tokenBytes: model.tokenizer.tokenBytes }),
  };
}

/** A grammar reads control tokens as they are written, so those of which the client would see nothing must not come. */
function silentTokens({ controlTexts, isEndOfGeneration }: Tokenizer, { markup }: TextSink): readonly number[] {
  return [...controlTexts.keys()].filter((token) => !isEndOfGeneration(token) && markup?.has(token) !== true);
}

/** Answers of one seed would all be the same. */
function withSeedOf(index: number, sampling: SamplerParams): SamplerParams {
  return index === 0 ? sampling : { ...sampling, seed: (sampling.seed + index) >>> 0 };
}

function toEcho({ prompt, logprobs }: GenerateRequest__Output, { read, model }: GenerationContext): Echo {
  return { text: prompt?.text ?? model.tokenizer.decode(read.prompt), logprobs };
}

export function toPromptSource(prompt: Prompt__Output | null | undefined): PromptSource {
  if (prompt?.chat) return { kind: 'chat', ...toChat(prompt.chat) };
  if (prompt?.tokenIds) return { kind: 'tokens', ids: prompt.tokenIds.ids };
  if (prompt?.text !== undefined) return { kind: 'text', text: prompt.text };
  throw new Fault('MISSING_PARAMETER', { message: 'The request has no prompt.', param: 'prompt' });
}

function toChat(chat: Chat__Output): ChatRequest {
  const extra = parseJson(chat.templateArgumentsJson, 'chat_template_kwargs') ?? {};
  if (typeof extra !== 'object' || Array.isArray(extra))
    throw new Fault('INVALID_TYPE', { message: 'The template arguments must be an object.', param: 'chat_template_kwargs' });
  return {
    messages: chat.messages.map((message, i) => ({
      role: message.role,
      content: message.content,
      ...(message.reasoningContent === '' ? {} : { reasoning_content: message.reasoningContent }),
      ...(message.name === undefined ? {} : { name: message.name }),
      ...(message.toolCallsJson === '' ? {} : { tool_calls: parseJson(message.toolCallsJson, `messages[${i}].tool_calls`) }),
      ...(message.toolCallId === undefined ? {} : { tool_call_id: message.toolCallId }),
    })),
    tools: parseJson(chat.toolsJson, 'tools'),
    toolChoice: chat.toolChoice,
    toolName: chat.toolName,
    hasParallelCalls: chat.parallelToolCalls ?? true,
    reasoningTokensMax: chat.reasoningTokensMax,
    extra: { ...extra },
  };
}

function parseJson(json: string, param: string): unknown {
  if (json === '') return undefined;
  const value = parsed(json, param);
  if (!isDeeperThan(value, WIRE_DEPTH_MAX)) return value;
  throw new Fault('INVALID_VALUE', { message: `The value of '${param}' may nest ${WIRE_DEPTH_MAX} deep at most.`, param });
}

function parsed(json: string, param: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new Fault('INVALID_JSON', { message: `The value of '${param}' is not valid JSON.`, param, cause: error });
  }
}
