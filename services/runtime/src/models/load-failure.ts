import { toFault, type Fault } from '@sluice/platform/fault';
import type { ModelState, Retry } from './model-state.ts';

/** The worker's start, somebody who administers it, or a request that waits. */
export type LoadReason = 'start' | 'order' | 'request';

export type Failure = {
  readonly error: unknown;
  readonly reason: LoadReason;
  /** What the model was before. */
  readonly before: ModelState;
  /** Failures in a row, this one counted. */
  readonly count: number;
  readonly nowMs: number;
};

/** Soon enough for a file that somebody mends, and seldom enough for one that nobody does. */
const PAUSE_MS = 30_000;
/** What fails again and again costs a look at its file this often. */
const PAUSE_MS_MAX = 600_000;

/** What a model is whose load has failed: as it was, where only room was missing; else it is tried again after a pause, where somebody counts on it. */
export function afterFailure(failure: Failure): ModelState {
  const { error, reason, before } = failure;
  const fault = toFault(error);
  const problem = fault.code === 'INTERNAL' ? (fault.internal ?? fault.message) : fault.message;
  const isResting = before.kind === 'asleep' || before.kind === 'unloaded';
  if (fault.code === 'INSUFFICIENT_MEMORY' && reason !== 'start' && isResting) return { kind: before.kind, problem };
  return { kind: 'failed', problem, retry: retryOf(failure, fault) };
}

/** Nobody counts on a model that was unloaded: who loads it hears what is wrong with it. */
function retryOf({ reason, before, count, nowMs }: Failure, fault: Fault): Retry | undefined {
  if (reason === 'start') return mayPass(fault) ? { to: 'start', atMs: nowMs + growingPause(count) } : undefined;
  if (before.kind === 'asleep') return { to: 'asleep', atMs: nowMs + PAUSE_MS };
  if (before.kind === 'failed' && before.retry) return { ...before.retry, atMs: nowMs + growingPause(count) };
  return undefined;
}

/** Room, and downloads. What a file or its settings lack, they lack the next time, too. */
function mayPass({ code }: Fault): boolean {
  return code === 'INSUFFICIENT_MEMORY' || code === 'UPSTREAM_DISCONNECTED';
}

function growingPause(count: number): number {
  return Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** (count - 1));
}
