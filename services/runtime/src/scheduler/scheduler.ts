import type { Clock } from '@sluice/platform/clock';
import { Fault } from '@sluice/platform/fault';
import type { Engine } from '../engine/engine.ts';
import type { PrefixStore } from '../prefix-store/prefix-store.ts';
import { Speculation, type SpeculationOptions } from '../speculation/speculation.ts';
import type { ActiveGeneration } from './active-generation.ts';
import { Admission } from './admission.ts';
import { assertAdmissible } from './assert-admissible.ts';
import { Deliveries, type End } from './deliveries.ts';
import { engineFault } from './engine-fault.ts';
import type { FinishReason, GenerationRequest } from './generation.ts';
import type { SchedulerObserver } from './observer.ts';
import { Placement } from './placement.ts';
import { PrefillOrder } from './prefill-order.ts';
import { Running } from './running.ts';
import { StepRunner, type Sampled } from './step-runner.ts';
import { SlotTable } from './slot-table.ts';
import { Turns } from './turns.ts';
import type { Waiting } from './waiting-line.ts';

export type SchedulerOptions = {
  readonly engine: Engine;
  readonly isEndOfGeneration: (token: number) => boolean;
  readonly clock: Clock;
  readonly observer: SchedulerObserver;
  readonly queueLimit: number;
  /** How long one prefill step may hold up running sequences. */
  readonly prefillStallMs: number;
  /** Where what leaves a slot goes. */
  readonly prefixStore?: PrefixStore | undefined;
  /** Guess tokens ahead. */
  readonly speculation?: SpeculationOptions | undefined;
  /** Called when the engine failed to take back a slot or a sampler. The work goes on. */
  readonly onLeak: (cause: unknown) => void;
  /** Called once when the engine failed too often to go on; the process should end. */
  readonly onBroken: (cause: unknown) => void;
};

export type GenerationHandle = {
  /** Frees the slot before the next step. Idempotent; does nothing once the generation has ended. */
  cancel(): void;
};

export type SchedulerSnapshot = {
  readonly slotsTotal: number;
  readonly slotsBusy: number;
  readonly queueDepth: number;
  readonly queueLimit: number;
  readonly kvUsedTokens: number;
  readonly kvTotalTokens: number;
  readonly isDraining: boolean;
};

/** Beginnings that a worker reports: a status stays below a few kilobytes. */
const DIGESTS_MAX = 1_024;

/** Continuous batching: admits requests into slots and alternates decode steps with small prefill steps. */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #engine: Engine;
  readonly #slots: SlotTable<ActiveGeneration>;
  readonly #placement: Placement;
  readonly #order: PrefillOrder;
  readonly #turns = new Turns();
  readonly #steps: StepRunner;
  readonly #running: Running;
  readonly #admission: Admission;
  readonly #deliveries: Deliveries;
  /** Since when the loop has been at its present round; undefined while there is nothing to do. */
  #roundSinceMs: number | undefined;
  #wake: (() => void) | undefined;
  #loop: Promise<void> | undefined;
  #isClosing = false;
  #isDraining = false;
  #isAbandoned = false;
  /** Steps done; events carry the number of the step that made them. */
  #stepsDone = 0;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#engine = options.engine;
    this.#slots = new SlotTable(options.engine.slots);
    this.#placement = new Placement(options.engine, this.#slots, options.prefixStore);
    this.#order = new PrefillOrder(this.#placement);
    this.#deliveries = new Deliveries(options.observer);
    const speculation = options.speculation && new Speculation(options.speculation, options.engine);
    const parts = { ...options, slots: this.#slots, placement: this.#placement, order: this.#order, speculation };
    this.#running = new Running(parts);
    const isAbandoned = (): boolean => this.#isAbandoned;
    this.#admission = new Admission({ ...parts, running: this.#running, deliveries: this.#deliveries, isAbandoned });
    this.#steps = new StepRunner({
      ...parts,
      sink: {
        accept: (generation, sampled) => this.#accept(generation, sampled),
        fail: (generation, fault) => this.#fail(generation, fault),
        end: (generation) => {
          this.#deliveries.touch(generation.request);
          this.#finish(generation, 'LENGTH', '');
        },
        isRunning: (generation) => this.#running.has(generation),
        isAbandoned,
        flush: () => this.#flush(),
      },
    });
  }

  start(): void {
    this.#loop ??= this.#run().catch((error: unknown) => {
      this.abandon(new Fault('INTERNAL', { message: 'The worker failed.', cause: error }));
      this.#options.onBroken(error);
    });
  }

  /** Queues a generation. Throws a Fault when it can never run, when the queue is full, or when this worker is going away. */
  submit(request: GenerationRequest): GenerationHandle {
    try {
      return this.#enqueue(request);
    } catch (error) {
      this.#options.observer.onEnd({ outcome: 'REFUSED', result: undefined });
      throw error;
    }
  }

  /** Refuses new generations from now on; those taken run to their end. */
  drain(): void {
    this.#isDraining = true;
  }

  snapshot(): SchedulerSnapshot {
    return {
      slotsTotal: this.#slots.total,
      slotsBusy: this.#slots.busy,
      queueDepth: this.#admission.waiting,
      queueLimit: this.#options.queueLimit,
      kvUsedTokens: this.#slots.owners().reduce((sum, generation) => sum + generation.cachedLength, 0),
      kvTotalTokens: this.#slots.total * this.#engine.contextTokens,
      isDraining: this.#isDraining,
    };
  }

  /** How long it has been at its present step with all that belongs to it: placing, guessing, copies, files. Undefined without work. */
  get stepAgeMs(): number | undefined {
    return this.#roundSinceMs === undefined ? undefined : this.#options.clock.monotonicMs() - this.#roundSinceMs;
  }

  /** The gateway's names for the beginnings of prompts that are in a KV cache here, most recently used first. */
  prefixDigests(): number[] {
    return this.#placement.digests(DIGESTS_MAX);
  }

  /** Tells everybody who waits or runs that it failed, without a call of the engine, which hangs. The process must end after that. */
  abandon(fault: Fault): void {
    if (this.#isAbandoned) return;
    this.#isAbandoned = true;
    this.#isDraining = true;
    this.#isClosing = true;
    const nowMs = this.#options.clock.monotonicMs();
    this.#admission.abandon(fault);
    for (const generation of this.#running.generations())
      this.#deliveries.end(generation.request, generation.outcome(nowMs), { kind: 'failed', fault });
    this.#flush();
  }

  /** Fails what still runs and ends the loop after the step in flight. */
  async close(): Promise<void> {
    this.#isDraining = true;
    this.#isClosing = true;
    this.#wake?.();
    await this.#loop;
  }

  #enqueue(request: GenerationRequest): GenerationHandle {
    if (this.#isClosing) throw new Fault('SHUTTING_DOWN', { message: 'This worker is shutting down.' });
    if (this.#isDraining) throw new Fault('WORKER_DRAINING', { message: 'This worker takes no new requests.' });
    assertAdmissible(request, this.#engine.contextTokens);
    const waiting = this.#admission.join(request);
    this.#wake?.();
    return { cancel: () => this.#cancel(waiting) };
  }

  #cancel(waiting: Waiting): void {
    if (this.#admission.cancel(waiting)) this.#flush();
    else if (waiting.active) waiting.active.isCancelled = true;
  }

  async #run(): Promise<void> {
    while (!this.#isClosing) {
      this.#roundSinceMs = this.#options.clock.monotonicMs();
      this.#endCancelled();
      await this.#admission.admit();
      if (this.#slots.busy === 0) {
        this.#flush();
        this.#roundSinceMs = undefined;
        await this.#untilWoken();
        continue;
      }
      await this.#compact();
      if (this.#slots.busy === 0 || this.#isAbandoned) continue;
      await this.#steps.run(this.#turns.next(this.#slots.owners(), (generation) => this.#order.isReadable(generation)));
      this.#stepsDone++;
    }
    this.#roundSinceMs = undefined;
    this.#failEverything(new Fault('SHUTTING_DOWN', { message: 'The worker is shutting down.' }));
    this.#flush();
  }

  /** Sequences with a hole between them decode in two passes instead of one. */
  async #compact(): Promise<void> {
    const move = this.#placement.compaction();
    if (!move) return;
    try {
      await this.#placement.carryOut(move);
    } catch (error) {
      this.#fail(move.owner, engineFault(error));
    }
  }

  /** True when it was the generation's last. */
  #accept(generation: ActiveGeneration, { token, logprobs, failure }: Sampled): boolean {
    const nowMs = this.#options.clock.monotonicMs();
    this.#deliveries.touch(generation.request);
    try {
      if (token === undefined) throw new Error('the engine answered fewer tokens than it was given sequences');
      const isEndOfGeneration = this.#options.isEndOfGeneration(token);
      const verdict = generation.accept(token, { isEndOfGeneration, nowMs, logprobs, failure });
      if (verdict) this.#finish(generation, verdict.reason, verdict.stopMatch);
      return verdict !== undefined;
    } catch (error) {
      this.#fail(generation, engineFault(error));
      return true;
    }
  }

  #endCancelled(): void {
    for (const generation of this.#slots.owners()) {
      if (generation.isCancelled) this.#finish(generation, 'CANCELLED', '');
    }
  }

  #finish(generation: ActiveGeneration, cause: FinishReason, stopMatch: string): void {
    try {
      if (cause !== 'STOP_STRING') generation.flushText();
    } catch (error) {
      return this.#fail(generation, engineFault(error));
    }
    const reason = generation.reasonOf(cause);
    this.#end(generation, { kind: 'finished', reason, stopMatch });
  }

  #fail(generation: ActiveGeneration, fault: Fault): void {
    this.#end(generation, { kind: 'failed', fault });
  }

  #failEverything(fault: Fault): void {
    this.#admission.failAll(fault);
    for (const generation of this.#slots.owners()) this.#fail(generation, fault);
  }

  #end(generation: ActiveGeneration, end: End): void {
    if (this.#isAbandoned) return;
    this.#running.leave(generation, { isSound: end.kind === 'finished' });
    this.#running.releaseSampler(generation);
    this.#deliveries.end(generation.request, generation.outcome(this.#options.clock.monotonicMs()), end);
  }

  #flush(): void {
    this.#deliveries.flush(this.#stepsDone);
  }

  #untilWoken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
      // Something may have come, or the end, before there was anybody to wake.
      if (this.#admission.waiting > 0 || this.#isClosing) this.#wake();
    });
  }
}
