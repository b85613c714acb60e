import type { Clock } from '@sluice/platform/clock';
import type { GenerateRequest } from '@sluice/proto/v1/GenerateRequest';
import { pause } from '../pause.ts';
import type { Target } from '../routing/choose-worker.ts';
import { jitter } from '../routing/jitter.ts';
import { prefixDigests } from '../routing/prefix-digests.ts';
import type { WorkerPool } from '../routing/worker-pool.ts';
import type { Worker } from '../routing/worker.ts';
import { endOfAbort, runAttempt, type AttemptEnd, type AttemptLimits } from './attempt.ts';
import type { GenerationEnd, GenerationResult } from './generation-result.ts';
import type { TokenSink } from './token-sink.ts';
import { NO_USAGE } from './token-usage.ts';

/** OpenAI's SDKs give up after 10 minutes by default. */
const REQUEST_MS_MAX = 600_000;
/** A prompt of 100k tokens takes minutes to read on a CPU. */
const FIRST_TOKEN_MS_MAX = 300_000;
/** With three failures in a row the cause is rarely one worker. */
const TRIES_MAX = 3;
const BACKOFF_MS = 20;
/** A worker whose process died is back within a few seconds, if its supervisor lives. */
const REJOIN_MS = 5_000;

export type GenerationLimits = AttemptLimits & { readonly rejoinMs: number };

export const GENERATION_LIMITS: GenerationLimits = { firstTokenMs: FIRST_TOKEN_MS_MAX, totalMs: REQUEST_MS_MAX, rejoinMs: REJOIN_MS };

export type GenerateDeps = {
  readonly pool: Pick<WorkerPool, 'choose' | 'chooseWithin' | 'whyUnavailable' | 'workers'>;
  readonly clock: Clock;
  readonly limits: GenerationLimits;
  readonly onFailover: () => void;
};

export type GenerateOptions = {
  readonly model: string;
  readonly request: Omit<GenerateRequest, 'rid' | 'queueTimeoutMs'>;
  /** On the monotonic clock: how long it may wait for a slot, on all workers together. */
  readonly queueDeadlineAtMs: number;
  /** What it takes on the wire, roughly. */
  readonly requestBytes: number;
  readonly sink: TokenSink;
  readonly signal: AbortSignal;
};

/** Runs a request on the best worker; one that fails before the first token is replaced, unseen by the client. Never rejects. */
export async function generate(deps: GenerateDeps, options: GenerateOptions): Promise<GenerationResult> {
  const { pool, clock, limits } = deps;
  const { model, signal } = options;
  const startedAtMs = clock.monotonicMs();
  const tried = new Set<Worker>();
  if (signal.aborted) return { end: endOfAbort(signal), usage: NO_USAGE, queuedMs: undefined, worker: undefined, tries: 0 };
  // With one worker there is nothing to choose.
  const digests = pool.workers.length > 1 ? prefixDigests(options.request) : [];
  const target = { model, adapter: options.request.adapter ?? '', prefixDigests: digests };
  let worker = pool.choose(target, tried);
  let last: AttemptEnd | undefined;
  for (let tries = 1; worker; tries++) {
    tried.add(worker);
    worker.expectWarm(target.prefixDigests);
    const totalMs = Math.max(1, limits.totalMs - (clock.monotonicMs() - startedAtMs));
    const request = { ...options.request, prefixDigests: digests, queueTimeoutMs: leftUntil(options.queueDeadlineAtMs, clock) };
    last = await runAttempt({ ...options, request, worker, limits: { ...limits, totalMs } });
    const result = { end: last.end, usage: last.usage, queuedMs: last.queuedMs, worker: worker.address, tries };
    if (!mayTryAgain(last) || tries === TRIES_MAX || signal.aborted) return result;
    if (isDisconnect(last.end)) worker.markUnreachable();
    const next = await findOther(deps, { target, signal }, { tried, end: last.end, backoffMs: BACKOFF_MS * 2 ** (tries - 1) });
    if (!next) return signal.aborted ? { ...result, end: endOfAbort(signal) } : result;
    deps.onFailover();
    worker = next;
  }
  return { end: { kind: 'failed', fault: pool.whyUnavailable(model) }, usage: NO_USAGE, queuedMs: undefined, worker: undefined, tries: 0 };
}

/** Another worker; or, where the only one died, the same when it is back. */
async function findOther(
  { pool, limits }: GenerateDeps,
  { target, signal }: { target: Target; signal: AbortSignal },
  { tried, end, backoffMs }: { tried: ReadonlySet<Worker>; end: GenerationEnd; backoffMs: number },
): Promise<Worker | undefined> {
  await pause(jitter(backoffMs), signal);
  if (signal.aborted) return undefined;
  const other = pool.choose(target, tried);
  if (other || !isDisconnect(end)) return other;
  return pool.chooseWithin(target, { except: new Set(), withinMs: limits.rejoinMs, signal });
}

/** 0 would be the worker's own default: with no time left, it is served where a slot is free. */
function leftUntil(deadlineAtMs: number, clock: Clock): number {
  return Math.max(1, Math.ceil(deadlineAtMs - clock.monotonicMs()));
}

function mayTryAgain({ end, hasDelivered }: AttemptEnd): boolean {
  return end.kind === 'failed' && end.fault.retryable && !hasDelivered;
}

function isDisconnect(end: GenerationEnd): boolean {
  return end.kind === 'failed' && end.fault.code === 'UPSTREAM_DISCONNECTED';
}
