import type { Fault } from '@sluice/platform/fault';
import type { Delta } from '@sluice/proto/v1/Delta';
import type { GenerateEvent } from '@sluice/proto/v1/GenerateEvent';
import type { TokenLogprob } from '@sluice/proto/v1/TokenLogprob';
import type { Usage as WireUsage } from '@sluice/proto/v1/Usage';
import type { GenerationEvent, LogprobOfToken, Timings, Usage } from '../scheduler/generation.ts';

/** A scheduler event as it goes over the wire. */
export function toWireEvent(rid: number, event: GenerationEvent): GenerateEvent {
  switch (event.kind) {
    case 'queued':
      return { rid, queued: { position: event.position } };
    case 'started':
      return { rid, started: { promptTokens: event.promptTokens, slot: event.slot, profile: event.profile ?? '' } };
    case 'delta':
      return { rid, delta: toDelta(event) };
    case 'choiceEnd':
      return { rid, choiceEnd: { index: event.index, reason: event.reason, stopMatch: event.stopMatch } };
    case 'finished':
      return {
        rid,
        finished: {
          reason: event.reason,
          stopMatch: event.stopMatch,
          usage: toUsage(event.usage),
          timings: toTimings(event.timings),
          seed: event.seed,
          profile: event.profile ?? '',
        },
      };
    case 'failed':
      return toFailure(rid, event.fault, event.usage);
    default:
      return event satisfies never;
  }
}

/** Most deltas are plain text, and stay small. */
function toDelta(event: Extract<GenerationEvent, { kind: 'delta' }>): Delta {
  const { text, index = 0, reasoning, toolCalls, logprobs, isEcho } = event;
  const delta: Delta = { text, tokenIds: [...event.tokenIds], index };
  if (reasoning === undefined && toolCalls === undefined && logprobs === undefined && isEcho === undefined) return delta;
  return {
    ...delta,
    details: {
      reasoning: reasoning ?? '',
      toolCalls:
        toolCalls?.map((call) => ({ index: call.index, id: call.id ?? '', name: call.name ?? '', arguments: call.arguments })) ?? [],
      logprobs: logprobs?.map((logprob) => Object.assign(toLogprob(logprob), { top: logprob.top.map(toLogprob) })) ?? [],
      isEcho: isEcho ?? false,
    },
  };
}

function toLogprob({ tokenId, logprob, bytes }: LogprobOfToken): TokenLogprob {
  return { tokenId, bytes: Buffer.from(bytes), ...(logprob === undefined ? undefined : { logprob }) };
}

/** A request that failed, before or after it had a slot. */
export function toFailure(rid: number, fault: Fault, usage?: Usage): GenerateEvent {
  return { rid, failure: { code: fault.code, message: fault.message, param: fault.param ?? '', usage: usage ? toUsage(usage) : null } };
}

function toUsage(usage: Usage): WireUsage {
  const { promptTokens, cachedTokens, completionTokens, reasoningTokens = 0, draftTokens = 0, acceptedDraftTokens = 0 } = usage;
  return { promptTokens, cachedTokens, completionTokens, reasoningTokens, draftTokens, acceptedDraftTokens };
}

function toTimings(timings: Timings): { queuedUs: number; prefillUs: number; decodeUs: number; firstTokenUs: number } {
  return {
    queuedUs: microseconds(timings.queuedMs),
    prefillUs: microseconds(timings.prefillMs),
    decodeUs: microseconds(timings.decodeMs),
    firstTokenUs: microseconds(timings.firstTokenMs ?? 0),
  };
}

function microseconds(ms: number): number {
  return Math.round(ms * 1000);
}
