import { Fault } from '@sluice/platform/fault';
import type { Finished__Output } from '@sluice/proto/v1/Finished';
import type { GenerateRequest } from '@sluice/proto/v1/GenerateRequest';
import type { Worker } from '../routing/worker.ts';
import type { GenerationEnd, Unanswered } from './generation-result.ts';
import type { SessionRequest } from './session-client.ts';
import { toStopReason } from './stop-reason.ts';
import type { TokenSink } from './token-sink.ts';
import type { TokenUsage } from './token-usage.ts';

export type AttemptEnd = {
  readonly end: GenerationEnd;
  readonly usage: TokenUsage;
  readonly queuedMs: number | undefined;
  /** From then on the client has seen something, and no other worker can take over. */
  readonly hasDelivered: boolean;
};

export type AttemptLimits = {
  /** How long the first token may take, queueing and prefill together. */
  readonly firstTokenMs: number;
  readonly totalMs: number;
};

/** The engine stops within one step; a worker that says nothing for this long has other troubles, and we count for ourselves. */
const CANCEL_CONFIRM_MS = 5_000;

/** Runs a request on one worker until it ends, one way or another. Aborting the signal cancels it there in the same tick. Never rejects. */
export function runAttempt(options: {
  worker: Pick<Worker, 'session' | 'enter'>;
  request: Omit<GenerateRequest, 'rid'>;
  requestBytes: number;
  sink: TokenSink;
  signal: AbortSignal;
  limits: AttemptLimits;
}): Promise<AttemptEnd> {
  const { worker, request, requestBytes, sink, signal, limits } = options;
  return new Promise((resolve) => {
    const leave = worker.enter(request.model ?? '');
    let running: SessionRequest | undefined;
    let promptTokens = 0;
    let relayedTokens = 0;
    let reasoningTokens = 0;
    let hasDelivered = false;
    let stoppedBy: GenerationEnd | undefined;
    let confirmTimer: NodeJS.Timeout | undefined;

    const counted = (): TokenUsage => ({ promptTokens, cachedTokens: 0, completionTokens: relayedTokens, reasoningTokens });
    const arrived = (tokens: number): void => {
      if (!hasDelivered) clearTimeout(firstTokenTimer);
      hasDelivered = true;
      relayedTokens += tokens;
    };
    const settle = (end: GenerationEnd, usage: TokenUsage, queuedMs?: number): void => {
      clearTimeout(firstTokenTimer);
      clearTimeout(totalTimer);
      clearTimeout(confirmTimer);
      signal.removeEventListener('abort', onAbort);
      running?.forget();
      leave();
      resolve({ end: stoppedBy ?? end, usage, queuedMs, hasDelivered });
    };
    // The end is decided now, the usage when the worker has confirmed: a slot that is being freed is still paid for.
    const stop = (by: GenerationEnd): void => {
      if (stoppedBy) return;
      stoppedBy = by;
      running?.cancel();
      confirmTimer = setTimeout(() => settle(by, counted()), CANCEL_CONFIRM_MS);
    };
    const onAbort = (): void => stop(endOfAbort(signal));
    const firstTokenTimer = setTimeout(() => stop(timedOut('No token came in time.')), limits.firstTokenMs);
    const totalTimer = setTimeout(() => stop(timedOut('The request took too long.')), limits.totalMs);

    signal.addEventListener('abort', onAbort);
    running = worker.session.start(request, requestBytes, {
      started: (tokens, profile) => {
        promptTokens = tokens;
        if (!stoppedBy) sink.started(profile);
      },
      queued: (position) => {
        if (!stoppedBy) sink.queued(position);
      },
      delta: (text, index, tokens) => {
        arrived(Math.max(1, tokens));
        if (!stoppedBy) sink.delta(text, index);
      },
      detailed: ({ text, index, tokens, details }) => {
        // The prompt's own text was not generated.
        arrived(details.isEcho ? 0 : tokens);
        if (details.reasoning !== '') reasoningTokens += tokens;
        if (!stoppedBy) sink.detailed(text, index, details);
      },
      choiceEnd: (index, finishReason) => {
        arrived(0);
        const reason = toStopReason(finishReason);
        if (reason && !stoppedBy) sink.choiceEnd(index, reason);
      },
      flush: () => {
        if (!stoppedBy) sink.flush();
      },
      finished: (finished) =>
        settle(toEnd(finished), finished.usage ?? counted(), finished.timings ? finished.timings.queuedUs / 1_000 : undefined),
      failed: (fault, usage) => settle({ kind: 'failed', fault }, usage ?? counted()),
    });
  });
}

/** What an aborted signal makes of a request: its reason is the Fault to answer with; without one nobody is there to be answered. */
export function endOfAbort(signal: AbortSignal): Unanswered {
  return signal.reason instanceof Fault ? { kind: 'failed', fault: signal.reason } : { kind: 'cancelled' };
}

function toEnd({ reason, profile }: Finished__Output): GenerationEnd {
  const stopReason = toStopReason(reason);
  if (stopReason) return { kind: 'finished', reason: stopReason, profile };
  // Nobody here asked for it: the worker gave up on its own.
  return {
    kind: 'failed',
    fault: new Fault('UPSTREAM_DISCONNECTED', { message: 'The inference worker ended the request.', internal: `finish reason ${reason}` }),
  };
}

function timedOut(message: string): GenerationEnd {
  return { kind: 'failed', fault: new Fault('TIMEOUT', { message }) };
}
