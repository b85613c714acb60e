import type { Clock } from '@sluice/platform/clock';
import { Fault, toFault } from '@sluice/platform/fault';
import type { SchedulerSnapshot } from '../scheduler/scheduler.ts';
import type { VectorEngine } from './vector-engine.ts';

export type VectorQueueOptions = {
  readonly engine: Pick<VectorEngine, 'read' | 'slots'>;
  readonly clock: Clock;
  /** Requests that may wait while others take turns. */
  readonly queueLimit: number;
  /** Told of each input that was read. */
  readonly onRead: (read: { readonly tokens: number; readonly ms: number }) => void;
  /** Several inputs in a row could not be read; the process should end and be started again. */
  readonly onBroken: (cause: unknown) => void;
};

type Job = {
  readonly inputs: readonly Uint32Array[];
  readonly answers: Float64Array[];
  readonly deadlineAtMs: number;
  readonly resolve: (answers: Float64Array[]) => void;
  readonly reject: (fault: Fault) => void;
};

/** As the gateway's patience with a request; OpenAI's SDKs give up then, too. */
const REQUEST_MS_MAX = 600_000;
/** Of all requests that wait, 16 MB. */
const PENDING_TOKENS_MAX = 4_000_000;
/** One may be one bad input. */
const FAILURES_MAX = 3;

/** Reads the inputs of many requests, taking turns: whoever asks for one does not wait for another's two thousand. */
export class VectorQueue {
  readonly #options: VectorQueueOptions;
  #jobs: Job[] = [];
  #pendingTokens = 0;
  #isDraining = false;
  #isRunning = false;
  #readingSinceMs: number | undefined;
  #reading: Job | undefined;
  #failures = 0;

  constructor(options: VectorQueueOptions) {
    this.#options = options;
  }

  /** As a scheduler's: those that take turns have a slot. */
  snapshot(): SchedulerSnapshot {
    const { slots } = this.#options.engine;
    const slotsBusy = Math.min(slots, this.#jobs.length);
    return {
      slotsTotal: slots,
      slotsBusy,
      queueDepth: this.#jobs.length - slotsBusy,
      queueLimit: this.#options.queueLimit,
      kvUsedTokens: 0,
      kvTotalTokens: 0,
      isDraining: this.#isDraining,
    };
  }

  /** How long the engine has been at its present input; undefined between inputs. */
  get stepAgeMs(): number | undefined {
    return this.#readingSinceMs === undefined ? undefined : this.#options.clock.monotonicMs() - this.#readingSinceMs;
  }

  /**
   * Resolves to one answer for each input, in their order. Rejects with a Fault when there is too much to do, when it takes
   * too long, or when the signal is aborted, after which at most the input that is being read is still read. The Fault says
   * how many tokens were read, that input's included.
   */
  submit(inputs: readonly Uint32Array[], signal: AbortSignal): Promise<Float64Array[]> {
    this.#assertRoom(inputs);
    if (signal.aborted) return Promise.reject(cancelled());
    return new Promise((resolve, reject) => {
      const deadlineAtMs = this.#options.clock.monotonicMs() + REQUEST_MS_MAX;
      const job: Job = { inputs, answers: [], deadlineAtMs, resolve, reject };
      this.#pendingTokens += tokensOf(inputs);
      this.#jobs.push(job);
      signal.addEventListener('abort', () => this.#fail(job, cancelled()), { once: true });
      if (!this.#isRunning) void this.#run();
    });
  }

  /** Nothing that was read is kept. */
  prefixDigests(): number[] {
    return [];
  }

  /** Takes no more; what is here is still read. */
  drain(): void {
    this.#isDraining = true;
  }

  /** Fails what is here, and does not wait for what is being read, which may hang. */
  abandon(fault: Fault): void {
    this.drain();
    for (const job of this.#jobs.splice(0)) job.reject(spending(this.#spentOn(job), fault));
    this.#pendingTokens = 0;
  }

  /** Fails what is here; resolves when nothing is being read any more. */
  async close(): Promise<void> {
    this.abandon(draining());
    while (this.#isRunning) await new Promise((resolve) => setImmediate(resolve));
  }

  #assertRoom(inputs: readonly Uint32Array[]): void {
    if (this.#isDraining) throw draining();
    const isFull = this.#jobs.length >= this.#options.engine.slots + this.#options.queueLimit;
    // A request that is larger than the bound by itself is taken when nothing else is here.
    const isHeavy = this.#jobs.length > 0 && this.#pendingTokens + tokensOf(inputs) > PENDING_TOKENS_MAX;
    if (!isFull && !isHeavy) return;
    throw new Fault('SERVER_OVERLOADED', {
      message: 'The server is currently overloaded with other requests. Please try again in a moment.',
      internal: `${this.#jobs.length} requests with ${this.#pendingTokens} tokens are here`,
    });
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    for (let job = this.#jobs[0]; job; job = this.#jobs[0]) await this.#turn(job);
    this.#isRunning = false;
  }

  async #turn(job: Job): Promise<void> {
    const { clock, engine, onRead, onBroken } = this.#options;
    const startMs = clock.monotonicMs();
    const tokens = job.inputs[job.answers.length];
    if (startMs >= job.deadlineAtMs) return this.#fail(job, tooLate());
    if (!tokens) return this.#end(job, () => job.resolve(job.answers));
    this.#readingSinceMs = startMs;
    this.#reading = job;
    try {
      job.answers.push(await engine.read(tokens));
      this.#failures = 0;
    } catch (error) {
      this.#reading = undefined;
      this.#fail(job, toFault(error));
      if (++this.#failures === FAILURES_MAX) onBroken(error);
      return;
    } finally {
      this.#readingSinceMs = undefined;
      this.#reading = undefined;
    }
    onRead({ tokens: tokens.length, ms: clock.monotonicMs() - startMs });
    if (job.answers.length === job.inputs.length) return this.#end(job, () => job.resolve(job.answers));
    // It may have been ended meanwhile.
    if (this.#jobs[0] === job) this.#jobs.splice(engine.slots - 1, 0, ...this.#jobs.splice(0, 1));
  }

  #fail(job: Job, fault: Fault): void {
    this.#end(job, () => job.reject(spending(this.#spentOn(job), fault)));
  }

  /** What is being read is read to its end. */
  #spentOn(job: Job): number {
    return tokensOf(job.inputs.slice(0, job.answers.length + (this.#reading === job ? 1 : 0)));
  }

  #end(job: Job, settle: () => void): void {
    const at = this.#jobs.indexOf(job);
    if (at < 0) return;
    this.#jobs.splice(at, 1);
    this.#pendingTokens -= tokensOf(job.inputs);
    settle();
  }
}

function tokensOf(inputs: readonly Uint32Array[]): number {
  return inputs.reduce((sum, { length }) => sum + length, 0);
}

/** The same Fault, which says what was spent. */
function spending(spentTokens: number, { code, message, param, internal, cause, retryAfterMs }: Fault): Fault {
  return new Fault(code, { message, param, internal, cause, retryAfterMs, spentTokens });
}

function cancelled(): Fault {
  return new Fault('UPSTREAM_DISCONNECTED', { message: 'The request was cancelled.' });
}

function draining(): Fault {
  return new Fault('WORKER_DRAINING', { message: 'This worker takes no new requests.' });
}

function tooLate(): Fault {
  return new Fault('TIMEOUT', { message: 'The request took too long.' });
}
