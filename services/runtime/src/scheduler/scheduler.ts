import type { Clock } from '@sluice/platform/clock';
import { Fault } from '@sluice/platform/fault';
import type { Engine } from '../engine/engine.ts';
import type { PrefixStore } from '../prefix-store/prefix-store.ts';
import { Speculation, type SpeculationOptions } from '../speculation/speculation.ts';
import { ActiveGeneration, timingsAt, type Stamps } from './active-generation.ts';
import { assertAdmissible } from './assert-admissible.ts';
import { chooseVictim } from './choose-victim.ts';
import { engineFault } from './engine-fault.ts';
import type { FinishReason, GenerationEvent, GenerationRequest, Outcome, Outlet } from './generation.ts';
import type { SchedulerObserver } from './observer.ts';
import { Placement } from './placement.ts';
import { PrefillOrder } from './prefill-order.ts';
import { priorityAt } from './queue.ts';
import { StepRunner, type Sampled } from './step-runner.ts';
import { SlotTable } from './slot-table.ts';
import { Turns } from './turns.ts';
import { WaitingLine, type Waiting } from './waiting-line.ts';

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
  readonly #line: WaitingLine;
  readonly #slots: SlotTable<ActiveGeneration>;
  readonly #placement: Placement;
  readonly #order: PrefillOrder;
  readonly #turns = new Turns();
  readonly #steps: StepRunner;
  readonly #speculation: Speculation | undefined;
  /** What the generations in slots came from, for those that must give theirs up. */
  readonly #waits = new Map<ActiveGeneration, Waiting>();
  readonly #touched = new Set<Outlet>();
  /** What is being given a slot, and is neither in line nor in one. */
  #placing: Waiting | undefined;
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
    this.#line = new WaitingLine(options.queueLimit);
    this.#slots = new SlotTable(options.engine.slots);
    this.#placement = new Placement(options.engine, this.#slots, options.prefixStore);
    this.#order = new PrefillOrder(this.#placement);
    this.#speculation = options.speculation && new Speculation(options.speculation, options.engine);
    this.#steps = new StepRunner({
      ...options,
      placement: this.#placement,
      order: this.#order,
      speculation: this.#speculation,
      sink: {
        accept: (generation, sampled) => this.#accept(generation, sampled),
        fail: (generation, fault) => this.#fail(generation, fault),
        end: (generation) => {
          this.#touched.add(generation.request.outlet);
          this.#finish(generation, 'LENGTH', '');
        },
        isRunning: (generation) => this.#waits.has(generation),
        isAbandoned: () => this.#isAbandoned,
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
      queueDepth: this.#line.length,
      queueLimit: this.#line.limit,
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
    const outside = this.#placing ? [...this.#line.clear(), this.#placing] : this.#line.clear();
    const waiting = outside.map(({ request, stamps, active }) => ({
      request,
      result: active?.outcome(nowMs) ?? unread(request, stamps, nowMs),
    }));
    const running = [...this.#waits.keys()].map((generation) => ({ request: generation.request, result: generation.outcome(nowMs) }));
    for (const { request, result } of [...waiting, ...running]) {
      this.#options.observer.onEnd({ outcome: 'FAILED', result });
      this.#touched.add(request.outlet);
      request.outlet.emit({ kind: 'failed', fault, ...result });
    }
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
    const waiting = this.#line.join(request, this.#options.clock.monotonicMs());
    if (!waiting) {
      throw new Fault('SERVER_OVERLOADED', {
        message: 'The server is overloaded: its queue is full. Please retry after a moment.',
        internal: `queue limit ${this.#line.limit}`,
      });
    }
    this.#wake?.();
    return { cancel: () => this.#cancel(waiting) };
  }

  #cancel(waiting: Waiting): void {
    if (this.#line.leave(waiting)) {
      this.#endQueued(waiting, (outcome) => ({ kind: 'finished', reason: 'CANCELLED', stopMatch: '', ...outcome }));
      this.#flush();
    } else if (waiting.active) {
      waiting.active.isCancelled = true;
    }
  }

  async #run(): Promise<void> {
    while (!this.#isClosing) {
      this.#roundSinceMs = this.#options.clock.monotonicMs();
      this.#endCancelled();
      await this.#admit();
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
    this.#touched.add(generation.request.outlet);
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

  async #admit(): Promise<void> {
    const nowMs = this.#options.clock.monotonicMs();
    for (const late of this.#line.late(nowMs)) {
      const fault = new Fault('TIMEOUT', {
        message: 'The request waited too long for a free slot.',
        internal: `waited ${Math.round(nowMs - late.stamps.submittedMs)} ms`,
      });
      this.#endQueued(late, (outcome) => ({ kind: 'failed', fault, ...outcome }));
    }
    await this.#preempt(nowMs);
    while (this.#slots.busy < this.#slots.total) {
      const waiting = this.#line.next();
      if (!waiting) break;
      await this.#place(waiting, nowMs);
    }
    for (const { waiting, position } of this.#line.news(nowMs)) {
      waiting.request.outlet.emit({ kind: 'queued', position });
      this.#touched.add(waiting.request.outlet);
    }
  }

  async #place(waiting: Waiting, nowMs: number): Promise<void> {
    const { request, stamps } = waiting;
    const isNew = waiting.active === undefined;
    let generation: ActiveGeneration;
    try {
      generation = waiting.active ??= new ActiveGeneration(request, {
        sampler: this.#engine.acquireSampler(request.sampling),
        contextTokens: this.#engine.contextTokens,
        stamps,
      });
      this.#placing = waiting;
      await this.#placement.place(generation);
    } catch (error) {
      this.#endQueued(waiting, (outcome) => ({ kind: 'failed', fault: engineFault(error), ...outcome }));
      return;
    } finally {
      this.#placing = undefined;
    }
    if (this.#isAbandoned) return;
    stamps.admittedMs ??= nowMs;
    waiting.wonWith = priorityAt(waiting.rank, nowMs);
    this.#waits.set(generation, waiting);
    this.#order.add(generation);
    if (!isNew) return;
    this.#touched.add(request.outlet);
    request.outlet.emit({ kind: 'started', promptTokens: request.prompt.length, slot: generation.slot });
  }

  /** While no slot is free, the least urgent generation gives its own to the most urgent request; its tokens stay. */
  async #preempt(nowMs: number): Promise<void> {
    if (this.#slots.busy < this.#slots.total) return;
    const urgent = this.#line.mostUrgent();
    const victim = urgent && chooseVictim(this.#waits, urgent.request.priority);
    if (!victim) return;
    const [generation, waiting] = victim;
    this.#leaveSlot(generation, { isSound: true });
    generation.suspend();
    this.#options.observer.onPreempt();
    this.#line.rejoin(waiting, nowMs);
    // The slot is for this one: in line others may be before it, also the one that gave it up.
    this.#line.leave(urgent);
    await this.#place(urgent, nowMs);
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
    this.#end(generation, reason, (outcome) => ({ kind: 'finished', reason, stopMatch, ...outcome }));
  }

  #fail(generation: ActiveGeneration, fault: Fault): void {
    this.#end(generation, 'FAILED', (outcome) => ({ kind: 'failed', fault, ...outcome }));
  }

  #failEverything(fault: Fault): void {
    for (const waiting of this.#line.clear()) this.#endQueued(waiting, (outcome) => ({ kind: 'failed', fault, ...outcome }));
    for (const generation of this.#slots.owners()) this.#fail(generation, fault);
  }

  #end(generation: ActiveGeneration, outcome: FinishReason | 'FAILED', event: (result: Outcome) => GenerationEvent): void {
    if (this.#isAbandoned) return;
    this.#leaveSlot(generation, { isSound: outcome !== 'FAILED' });
    this.#giveBack(() => this.#engine.releaseSampler(generation.sampler));
    const result = generation.outcome(this.#options.clock.monotonicMs());
    this.#options.observer.onEnd({ outcome, result });
    this.#touched.add(generation.request.outlet);
    generation.request.outlet.emit(event(result));
  }

  #leaveSlot(generation: ActiveGeneration, { isSound }: { isSound: boolean }): void {
    this.#speculation?.forget(generation);
    this.#order.remove(generation);
    this.#waits.delete(generation);
    this.#giveBack(() => this.#placement.release(generation, { isSound }));
  }

  /** What the engine does not take back is lost, and nothing else with it. */
  #giveBack(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#options.onLeak(error);
    }
  }

  #endQueued(waiting: Waiting, event: (result: Outcome) => GenerationEvent): void {
    if (this.#isAbandoned) return;
    const { request, stamps, active } = waiting;
    const nowMs = this.#options.clock.monotonicMs();
    // One that lost its slot has spent tokens, and holds a sampler.
    if (active) this.#giveBack(() => this.#engine.releaseSampler(active.sampler));
    const result = active?.outcome(nowMs) ?? unread(request, stamps, nowMs);
    const ended = event(result);
    this.#options.observer.onEnd({ outcome: ended.kind === 'finished' ? ended.reason : 'FAILED', result });
    this.#touched.add(request.outlet);
    request.outlet.emit(ended);
  }

  #flush(): void {
    for (const outlet of this.#touched) outlet.flush(this.#stepsDone);
    this.#touched.clear();
  }

  #untilWoken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
      // Something may have come, or the end, before there was anybody to wake.
      if (this.#line.length > 0 || this.#isClosing) this.#wake();
    });
  }
}

/** What became of a request that never had a slot. */
function unread({ prompt, sampling }: GenerationRequest, stamps: Stamps, nowMs: number): Outcome {
  return {
    usage: { promptTokens: prompt.length, cachedTokens: 0, completionTokens: 0 },
    timings: timingsAt(stamps, nowMs),
    seed: sampling.seed,
  };
}
