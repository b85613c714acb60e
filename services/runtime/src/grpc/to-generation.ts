import { Fault } from '@sluice/platform/fault';
import type { Chat__Output } from '@sluice/proto/v1/Chat';
import type { GenerateRequest__Output } from '@sluice/proto/v1/GenerateRequest';
import type { Prompt__Output } from '@sluice/proto/v1/Prompt';
import type { Grammar } from '../engine/engine.ts';
import type { LoadedModel } from '../models/load-model.ts';
import type { GenerationRequest, Outlet } from '../scheduler/generation.ts';
import type { ChatTurn } from '../text/chat.ts';
import type { ChatRequest } from '../text/chat-request.ts';
import { OutputText } from '../text/output-text.ts';
import type { PromptSource } from '../text/prompt.ts';
import type { Watermark } from '../watermark/watermark.ts';
import { namingProfile, toProfile } from './to-profile.ts';
import { toSampling } from './to-sampling.ts';

/** How long a request waits for a slot when it does not say. */
const QUEUE_TIMEOUT_DEFAULT_MS = 120_000;

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
  readonly outlet: Outlet;
  readonly read: ReadPrompt;
  readonly grammar: Grammar | undefined;
};

/** A wire request as the scheduler wants it. Throws a Fault for what the model cannot do. */
export function toGeneration(request: GenerateRequest__Output, context: GenerationContext): GenerationRequest {
  const { model, outlet, watermark, grammar } = context;
  const { prompt, turn } = context.read;
  const profile = toProfile(request.profile, model.settings.profiles, prompt.length);
  const { stopping } = request;
  const minTokens = stopping?.minTokens ?? 0;
  const ignoreEos = stopping?.ignoreEos ?? false;
  const ending = { stop: stopping?.stop ?? [], includeStop: stopping?.includeStop ?? false };
  return {
    prompt,
    sampling: toSampling(request.sampling, {
      model,
      prompt,
      profile: profile?.settings,
      banEndOfGeneration: ignoreEos || minTokens > 0,
      logprobs: request.logprobs,
      watermark,
      grammar,
    }),
    maxTokens: stopping?.maxTokens,
    totalTokensMax: stopping?.totalTokensMax,
    minTokens,
    stopTokenIds: new Set(stopping?.stopTokenIds),
    ignoreEos,
    priority: request.priority,
    prefixDigests: request.prefixDigests,
    queueTimeoutMs: queueTimeoutMsOf(request),
    text: turn?.createText(ending) ?? new OutputText(model.tokenizer.tokenBytes, ending),
    outlet: namingProfile(outlet, profile),
  };
}

export function queueTimeoutMsOf({ queueTimeoutMs }: Pick<GenerateRequest__Output, 'queueTimeoutMs'>): number {
  return queueTimeoutMs > 0 ? queueTimeoutMs : QUEUE_TIMEOUT_DEFAULT_MS;
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
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new Fault('INVALID_JSON', { message: `The value of '${param}' is not valid JSON.`, param, cause: error });
  }
}
