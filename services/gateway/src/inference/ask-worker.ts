import type { Clock } from '@sluice/platform/clock';
import { toFault, type Fault } from '@sluice/platform/fault';
import type { CallLimits, RuntimeClient } from '@sluice/proto/runtime-client';
import { pause } from '../pause.ts';
import { jitter } from '../routing/jitter.ts';
import type { Target } from '../routing/choose-worker.ts';
import type { Task } from '../routing/task.ts';
import type { WorkerPool } from '../routing/worker-pool.ts';
import type { Worker } from '../routing/worker.ts';
import { endOfAbort } from './attempt.ts';
import type { Unanswered } from './generation-result.ts';
import type { GenerationLimits } from './generate.ts';

/** With three failures in a row the cause is rarely one worker. */
const TRIES_MAX = 3;
const BACKOFF_MS = 20;

/** The calls that are answered in one piece. */
export type WorkerCalls = Pick<RuntimeClient, 'embed' | 'rank' | 'tokenize' | 'detokenize' | 'detectWatermark' | 'abandon'>;

export type AskDeps = {
  readonly pool: Pick<WorkerPool, 'choose' | 'chooseWithin' | 'whyUnavailable' | 'callsOf'>;
  readonly clock: Clock;
  readonly limits: Pick<GenerationLimits, 'totalMs' | 'rejoinMs'>;
  readonly onFailover: () => void;
};

export type AskOptions<Answer> = {
  readonly model: string;
  /** Unset for what every model can be asked. */
  readonly task?: Task;
  /** Asks one worker; may be called again, with another. */
  readonly ask: (worker: WorkerCalls, limits: CallLimits) => Promise<Answer>;
  readonly signal: AbortSignal;
};

export type AskedWorker<Answer> = {
  readonly outcome: { readonly kind: 'answered'; readonly answer: Answer } | Unanswered;
  /** The worker that was asked last. */
  readonly worker: string | undefined;
  readonly tries: number;
  /** Prompt tokens that were read although there is no answer. */
  readonly spentTokens: number;
};

/** Asks the least loaded worker; one that fails is replaced by another, and one that died is waited for. Never rejects. */
export async function askWorker<Answer>(deps: AskDeps, options: AskOptions<Answer>): Promise<AskedWorker<Answer>> {
  const { pool, clock, limits } = deps;
  const { model, ask, signal } = options;
  const target: Target = { model, ...(options.task === undefined ? {} : { task: options.task }) };
  const endsAtMs = clock.monotonicMs() + limits.totalMs;
  const tried = new Set<Worker>();
  let worker = signal.aborted ? undefined : pool.choose(target, tried);
  if (!worker) {
    const outcome = signal.aborted ? endOfAbort(signal) : failed(pool.whyUnavailable(model));
    return { outcome, worker: undefined, tries: 0, spentTokens: 0 };
  }
  for (let tries = 1; ; tries++) {
    tried.add(worker);
    const asked = { worker: worker.address, tries };
    const leave = worker.enter(model);
    try {
      const deadlineMs = Math.max(1, endsAtMs - clock.monotonicMs());
      return { outcome: { kind: 'answered', answer: await ask(pool.callsOf(worker), { deadlineMs, signal }) }, ...asked, spentTokens: 0 };
    } catch (error) {
      const fault = toFault(error);
      const { spentTokens } = fault;
      if (signal.aborted) return { outcome: endOfAbort(signal), ...asked, spentTokens };
      if (!fault.retryable || tries === TRIES_MAX) return { outcome: failed(fault), ...asked, spentTokens };
      if (isDisconnect(fault)) worker.markUnreachable();
      const next = await findOther(deps, { target, signal }, { tried, fault, backoffMs: BACKOFF_MS * 2 ** (tries - 1) });
      if (!next) return { outcome: signal.aborted ? endOfAbort(signal) : failed(fault), ...asked, spentTokens };
      deps.onFailover();
      worker = next;
    } finally {
      leave();
    }
  }
}

/** Another worker; or, where the only one died, the same when it is back. */
async function findOther(
  { pool, limits }: AskDeps,
  { target, signal }: { readonly target: Target; readonly signal: AbortSignal },
  { tried, fault, backoffMs }: { readonly tried: ReadonlySet<Worker>; readonly fault: Fault; readonly backoffMs: number },
): Promise<Worker | undefined> {
  await pause(jitter(backoffMs), signal);
  if (signal.aborted) return undefined;
  const other = pool.choose(target, tried);
  if (other || !isDisconnect(fault)) return other;
  return pool.chooseWithin(target, { except: new Set(), withinMs: limits.rejoinMs, signal });
}

function isDisconnect({ code }: Fault): boolean {
  return code === 'UPSTREAM_DISCONNECTED';
}

function failed(fault: Fault): Unanswered {
  return { kind: 'failed', fault };
}
