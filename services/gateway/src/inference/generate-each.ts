import type { Prompt } from '@sluice/proto/v1/Prompt';
import type { Stopping } from '@sluice/proto/v1/Stopping';
import { smallest } from '../smallest.ts';
import { generate, type GenerateDeps, type GenerateOptions } from './generate.ts';
import type { GenerationResult } from './generation-result.ts';
import type { TokenSink } from './token-sink.ts';
import type { TokenUsage } from './token-usage.ts';

export type GenerateEachOptions = GenerateOptions & {
  /** After the first one, which stands in the request. */
  readonly morePrompts: readonly Prompt[];
  /** That each prompt gets. */
  readonly answers: number;
  /** All prompts and their answers together at most. */
  readonly totalTokensMax: number | undefined;
  /** One prompt and its answers at most. */
  readonly contextTokensMax: number | undefined;
};

/**
 * Runs the prompts of one request, each as a generation of its own, one after the other: so it never takes more than one
 * place, and what its quota has left is known before each begins. The first that does not finish ends the request.
 */
export async function generateEach(deps: GenerateDeps, options: GenerateEachOptions): Promise<GenerationResult> {
  const { morePrompts, request } = options;
  if (morePrompts.length === 0) return generate(deps, options);
  const { clock, limits } = deps;
  const endsAtMs = clock.monotonicMs() + limits.totalMs;
  let { queueDeadlineAtMs } = options;
  const run = async (nth: number, change: Pick<GenerateOptions, 'request'>): Promise<GenerationResult> => {
    const startedAtMs = clock.monotonicMs();
    const totalMs = Math.max(1, endsAtMs - startedAtMs);
    const result = await generateAs(nth, { ...deps, limits: { ...limits, totalMs } }, { ...options, ...change, queueDeadlineAtMs });
    // Only what it waited counts against how long the request may wait; the rest was work.
    queueDeadlineAtMs += clock.monotonicMs() - startedAtMs - (result.queuedMs ?? 0);
    return result;
  };
  let result = await run(0, { request });
  for (const [i, prompt] of morePrompts.entries()) {
    if (result.end.kind !== 'finished') return result;
    const { end, usage, tries, queuedMs } = result;
    const stopping = { ...request.stopping, ...leftAfter(usage, options) };
    const next = await run(i + 1, { request: { ...request, prompt, stopping } });
    // What names the profile may be the head of a stream, which left with the first prompt's answer.
    const profile = end.profile === '' && next.end.kind === 'finished' ? next.end.profile : end.profile;
    result = {
      ...next,
      end: next.end.kind === 'finished' ? { ...next.end, profile } : next.end,
      usage: sum(usage, next.usage),
      tries: Math.max(tries, next.tries),
      queuedMs,
    };
  }
  return result;
}

/** The generation of that number; its answers are numbered behind those of the prompts before it. */
async function generateAs(nth: number, deps: GenerateDeps, options: GenerateEachOptions): Promise<GenerationResult> {
  const { sink, answers } = options;
  const first = nth * answers;
  const ended = new Set<number>();
  const numbered: TokenSink = {
    queued: (position) => sink.queued(position),
    started: (profile) => sink.started(profile),
    delta: (text, index) => sink.delta(text, first + index),
    detailed: (text, index, details) => sink.detailed(text, first + index, details),
    choiceEnd: (index, reason) => {
      ended.add(index);
      sink.choiceEnd(first + index, reason);
    },
    flush: () => sink.flush(),
  };
  const result = await generate(deps, { ...options, sink: numbered });
  if (result.end.kind !== 'finished') return result;
  // The request goes on, so each of its answers is told to have ended.
  for (let index = 0; index < answers; index++) if (!ended.has(index)) sink.choiceEnd(first + index, result.end.reason);
  sink.flush();
  return result;
}

function leftAfter(used: TokenUsage, { totalTokensMax, contextTokensMax }: GenerateEachOptions): Pick<Stopping, 'totalTokensMax'> {
  const left = totalTokensMax === undefined ? undefined : Math.max(0, totalTokensMax - used.promptTokens - used.completionTokens);
  const bound = smallest(left, contextTokensMax);
  return bound === undefined ? {} : { totalTokensMax: bound };
}

function sum(a: TokenUsage, b: TokenUsage): TokenUsage {
  return {
    promptTokens: a.promptTokens + b.promptTokens,
    cachedTokens: a.cachedTokens + b.cachedTokens,
    completionTokens: a.completionTokens + b.completionTokens,
    reasoningTokens: (a.reasoningTokens ?? 0) + (b.reasoningTokens ?? 0),
  };
}
