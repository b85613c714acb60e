import type { Clock } from '@sluice/platform/clock';
import { Fault } from '@sluice/platform/fault';
import type { Engine } from '../engine/engine.ts';
import { ActiveGeneration } from './active-generation.ts';
import { chooseVictim } from './choose-victim.ts';
import type { Deliveries, End } from './deliveries.ts';
import { engineFault } from './engine-fault.ts';
import type { GenerationRequest, Outcome } from './generation.ts';
import type { SchedulerObserver } from './observer.ts';
import type { Placement } from './placement.ts';
import { priorityAt } from './queue.ts';
import type { Running } from './running.ts';
import type { SlotTable } from './slot-table.ts';
import { timingsAt } from './stamps.ts';
import { WaitingLine, type Waiting } from './waiting-line.ts';

type AdmissionParts = {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly observer: SchedulerObserver;
  readonly queueLimit: number;
  readonly slots: SlotTable<ActiveGeneration>;
  readonly placement: Placement;
  readonly running: Running;
  readonly deliveries: Deliveries;
  /** Everybody has been told the end; the engine must not be called any more. */
  readonly isAbandoned: () => boolean;
};

/** The way from a request into a slot: who waits, who is next, and who must go back to waiting for somebody more urgent. */
export class Admission {
  readonly #parts: AdmissionParts;
  readonly #line: WaitingLine;
  /** What is being given a slot, and is neither in line nor in one. */
  #placing: Waiting | undefined;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
    this.#line = new WaitingLine(parts.queueLimit);
  }

  get waiting(): number {
    return this.#line.length;
  }

  /** Throws a Fault when the line is full. */
  join(request: GenerationRequest): Waiting {
    const waiting = this.#line.join(request, this.#parts.clock.monotonicMs());
    if (waiting) return waiting;
    throw new Fault('SERVER_OVERLOADED', {
      message: 'The server is overloaded: its queue is full. Please retry after a moment.',
      internal: `queue limit ${this.#line.limit}`,
    });
  }

  /** False where it does not wait any more, and so was not ended. */
  cancel(waiting: Waiting): boolean {
    if (!this.#line.leave(waiting)) return false;
    this.#end(waiting, { kind: 'finished', reason: 'CANCELLED', stopMatch: '' });
    return true;
  }

  /** Gives free slots to those that wait, ends those that have waited too long, and tells the others their place. */
  async admit(): Promise<void> {
    const { clock, slots, deliveries } = this.#parts;
    const nowMs = clock.monotonicMs();
    for (const late of this.#line.late(nowMs)) {
      const fault = new Fault('TIMEOUT', {
        message: 'The request waited too long for a free slot.',
        internal: `waited ${Math.round(nowMs - late.stamps.submittedMs)} ms`,
      });
      this.#end(late, { kind: 'failed', fault });
    }
    await this.#preempt(nowMs);
    while (slots.busy < slots.total) {
      const waiting = this.#line.next();
      if (!waiting) break;
      await this.#place(waiting, nowMs);
    }
    for (const { waiting, position } of this.#line.news(nowMs)) deliveries.emit(waiting.request, { kind: 'queued', position });
  }

  failAll(fault: Fault): void {
    for (const waiting of this.#line.clear()) this.#end(waiting, { kind: 'failed', fault });
  }

  /** Tells everybody who has no slot the end, without a call of the engine. */
  abandon(fault: Fault): void {
    const outside = this.#line.clear();
    if (this.#placing) outside.push(this.#placing);
    const nowMs = this.#parts.clock.monotonicMs();
    for (const waiting of outside) this.#parts.deliveries.end(waiting.request, outcomeOf(waiting, nowMs), { kind: 'failed', fault });
  }

  /** While no slot is free, the least urgent generation gives its own to the most urgent request; its tokens stay. */
  async #preempt(nowMs: number): Promise<void> {
    const { slots, running, observer } = this.#parts;
    if (slots.busy < slots.total) return;
    const urgent = this.#line.mostUrgent();
    const victim = urgent && chooseVictim(running.entries(), urgent.request.priority);
    if (!victim) return;
    const [generation, waiting] = victim;
    running.leave(generation, { isSound: true });
    generation.suspend();
    observer.onPreempt();
    this.#line.rejoin(waiting, nowMs);
    // The slot is for this one: in line others may be before it, also the one that gave it up.
    this.#line.leave(urgent);
    await this.#place(urgent, nowMs);
  }

  async #place(waiting: Waiting, nowMs: number): Promise<void> {
    const { request, stamps } = waiting;
    const { engine, placement, running, deliveries } = this.#parts;
    const isNew = waiting.active === undefined;
    let generation: ActiveGeneration;
    try {
      generation = waiting.active ??= new ActiveGeneration(request, {
        sampler: engine.acquireSampler(request.sampling),
        contextTokens: engine.contextTokens,
        stamps,
      });
      this.#placing = waiting;
      await placement.place(generation);
    } catch (error) {
      this.#end(waiting, { kind: 'failed', fault: engineFault(error) });
      return;
    } finally {
      this.#placing = undefined;
    }
    if (this.#parts.isAbandoned()) return;
    stamps.admittedMs ??= nowMs;
    waiting.wonWith = priorityAt(waiting.rank, nowMs);
    running.enter(generation, waiting);
    if (isNew) deliveries.emit(request, { kind: 'started', promptTokens: request.prompt.length, slot: generation.slot });
  }

  /** Of one that has no slot. */
  #end(waiting: Waiting, end: End): void {
    const { running, deliveries, clock, isAbandoned } = this.#parts;
    if (isAbandoned()) return;
    // One that lost its slot has spent tokens, and holds a sampler.
    if (waiting.active) running.releaseSampler(waiting.active);
    deliveries.end(waiting.request, outcomeOf(waiting, clock.monotonicMs()), end);
  }
}

/** What has become of a request by now; most that wait have never had a slot. */
function outcomeOf({ request: { prompt, sampling }, stamps, active }: Waiting, nowMs: number): Outcome {
  if (active) return active.outcome(nowMs);
  return {
    usage: { promptTokens: prompt.length, cachedTokens: 0, completionTokens: 0 },
    timings: timingsAt(stamps, nowMs),
    seed: sampling.seed,
  };
}
