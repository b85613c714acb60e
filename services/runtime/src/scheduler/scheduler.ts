import type { Clock } from '@sluice/platform/clock';
import { Fault } from '@sluice/platform/fault';
import type { Engine, StepResult } from '../engine/engine.ts';
import { ActiveGeneration, timingsAt, type Stamps } from './active-generation.ts';
import type { FinishReason, GenerationEvent, GenerationRequest, Outcome, Outlet } from './generation.ts';
import type { SchedulerObserver } from './observer.ts';
import { PrefillBudget } from './prefill-budget.ts';
import { planPrefill } from './prefill-plan.ts';
import { PriorityQueue, rankOf } from './queue.ts';
import { SlotTable } from './slots.ts';

export type SchedulerOptions = {
  readonly engine: Engine;
  readonly isEndOfGeneration: (token: number) => boolean;
  readonly clock: Clock;
  readonly observer: SchedulerObserver;
  readonly queueLimit: number;
  /** How long one prefill step may hold up running sequences. */
  readonly prefillStallMs: number;
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

type Waiting = {
  readonly request: GenerationRequest;
  readonly rank: number;
  readonly stamps: Stamps;
  readonly deadlineMs: number;
  active: ActiveGeneration | undefined;
};

/** A hole left for this many decode steps will not be filled by a newcomer soon, so the highest sequence moves into it. */
const HOLE_STEPS_MAX = 2;

/** One failed step may be one bad request; three in a row mean that the context is lost. */
const FAILED_STEPS_MAX = 3;

/** Continuous batching: admits requests into slots and alternates decode steps with small prefill steps. */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #engine: Engine;
  readonly #queue: PriorityQueue<Waiting>;
  readonly #slots: SlotTable<ActiveGeneration>;
  readonly #budget: PrefillBudget;
  /** Generations whose prompt is being read, oldest first. */
  #prefilling: ActiveGeneration[] = [];
  readonly #touched = new Set<Outlet>();
  #wake: (() => void) | undefined;
  #loop: Promise<void> | undefined;
  #isClosing = false;
  #isDraining = false;
  #isDecodeNext = false;
  /** Steps done; events carry the number of the step that made them. */
  #steps = 0;
  #holeSteps = 0;
  #failedSteps = 0;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#engine = options.engine;
    this.#queue = new PriorityQueue(options.queueLimit);
    this.#slots = new SlotTable(options.engine.slots);
    this.#budget = new PrefillBudget({ stallMs: options.prefillStallMs, batchTokens: options.engine.batchTokens });
  }

  start(): void {
    this.#loop ??= this.#run().catch((error: unknown) => {
      this.#isDraining = true;
      this.#failEverything(new Fault('INTERNAL', { message: 'The worker failed.', cause: error }));
      this.#flush();
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
      queueDepth: this.#queue.length,
      queueLimit: this.#queue.limit,
      kvUsedTokens: this.#slots.owners().reduce((sum, generation) => sum + generation.cachedLength, 0),
      kvTotalTokens: this.#slots.total * this.#engine.contextTokens,
      isDraining: this.#isDraining,
    };
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
    assertFits(request, this.#engine.contextTokens);
    assertPaid(request);
    const nowMs = this.#options.clock.monotonicMs();
    const waiting: Waiting = {
      request,
      rank: rankOf({ priority: request.priority, arrivedMs: nowMs }),
      stamps: { submittedMs: nowMs, admittedMs: undefined, firstTokenMs: undefined },
      deadlineMs: nowMs + request.queueTimeoutMs,
      active: undefined,
    };
    if (!this.#queue.push(waiting)) {
      throw new Fault('SERVER_OVERLOADED', {
        message: 'The server is overloaded: its queue is full. Please retry after a moment.',
        internal: `queue limit ${this.#queue.limit}`,
      });
    }
    this.#wake?.();
    return { cancel: () => this.#cancel(waiting) };
  }

  #cancel(waiting: Waiting): void {
    if (waiting.active) {
      waiting.active.isCancelled = true;
      return;
    }
    if (this.#queue.remove((item) => item === waiting).length === 0) return;
    this.#endQueued(waiting, (outcome) => ({ kind: 'finished', reason: 'CANCELLED', stopMatch: '', ...outcome }));
    this.#flush();
  }

  async #run(): Promise<void> {
    while (!this.#isClosing) {
      this.#endCancelled();
      this.#admit();
      if (this.#slots.busy === 0) {
        this.#flush();
        await this.#untilWoken();
        continue;
      }
      await this.#compact();
      await this.#runStep();
    }
    this.#failEverything(new Fault('SHUTTING_DOWN', { message: 'The worker is shutting down.' }));
    this.#flush();
  }

  /** A prefill step, when prompts wait and the running sequences have had their turn; else a decode step. */
  async #runStep(): Promise<void> {
    const decoding = this.#slots.owners().filter((generation) => !generation.isPrefilling);
    const isPrefill = this.#prefilling.length > 0 && (decoding.length === 0 || !this.#isDecodeNext);
    this.#isDecodeNext = isPrefill;
    if (isPrefill) await this.#prefill(decoding.length);
    else await this.#decode(decoding);
    this.#steps++;
  }

  async #prefill(running: number): Promise<void> {
    const plan = planPrefill(this.#prefilling, this.#budget.tokens({ running, waiting: this.#prefilling.length }));
    const generations = plan.map((planned) => planned.generation);
    const chunks = plan.map(({ generation, tokens }) => generation.nextChunk(tokens));
    const tokens = plan.reduce((sum, planned) => sum + planned.tokens, 0);
    const result = await this.#attempt(generations, () => this.#engine.prefill(chunks));
    if (!result) return;
    this.#budget.recordPrefill(tokens, result.forwardMs);
    this.#options.observer.onStep({
      kind: 'prefill',
      sequences: plan.length,
      tokens,
      forwardMs: result.forwardMs,
      sampleMs: result.sampleMs,
    });
    plan.forEach((planned, i) => {
      planned.generation.prefilled(planned.tokens);
      if (!planned.generation.isPrefilling) this.#accept(planned.generation, result.tokens[i]);
    });
    this.#prefilling = this.#prefilling.filter((generation) => generation.isPrefilling);
  }

  async #decode(decoding: readonly ActiveGeneration[]): Promise<void> {
    const items = decoding.map((generation) => generation.decodeItem());
    const result = await this.#attempt(decoding, () => this.#engine.decode(items));
    if (!result) return;
    this.#budget.recordDecode(result.forwardMs + result.sampleMs);
    this.#options.observer.onStep({
      kind: 'decode',
      sequences: items.length,
      tokens: items.length,
      forwardMs: result.forwardMs,
      sampleMs: result.sampleMs,
    });
    decoding.forEach((generation, i) => this.#accept(generation, result.tokens[i]));
  }

  /** Runs one step and, while it runs, sends what the last one produced. A failed step fails only the generations in it. */
  async #attempt(generations: readonly ActiveGeneration[], step: () => Promise<StepResult>): Promise<StepResult | undefined> {
    try {
      const running = step();
      this.#flush();
      const result = await running;
      this.#failedSteps = 0;
      return result;
    } catch (error) {
      const fault = new Fault('INTERNAL', {
        message: 'The model failed while processing this request.',
        internal: 'an engine step failed',
        cause: error,
      });
      for (const generation of generations) this.#fail(generation, fault);
      if (++this.#failedSteps === FAILED_STEPS_MAX) this.#options.onBroken(error);
      return undefined;
    }
  }

  #accept(generation: ActiveGeneration, token: number | undefined): void {
    if (token === undefined) throw new Error('the engine answered fewer tokens than it was given sequences');
    const nowMs = this.#options.clock.monotonicMs();
    this.#touched.add(generation.request.outlet);
    try {
      const verdict = generation.accept(token, { isEndOfGeneration: this.#options.isEndOfGeneration(token), nowMs });
      if (verdict) this.#finish(generation, verdict.reason, verdict.stopMatch);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.#fail(generation, error);
    }
  }

  #admit(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const late of this.#queue.remove((item) => item.deadlineMs <= nowMs)) {
      const fault = new Fault('TIMEOUT', {
        message: 'The request waited too long for a free slot.',
        internal: `waited ${Math.round(nowMs - late.stamps.submittedMs)} ms`,
      });
      this.#endQueued(late, (outcome) => ({ kind: 'failed', fault, ...outcome }));
    }
    while (this.#slots.busy < this.#slots.total) {
      const waiting = this.#queue.shift();
      if (!waiting) return;
      this.#place(waiting, nowMs);
    }
  }

  #place(waiting: Waiting, nowMs: number): void {
    const { request, stamps } = waiting;
    stamps.admittedMs = nowMs;
    const sampler = this.#engine.acquireSampler(request.sampling);
    const generation = new ActiveGeneration(request, { slot: -1, sampler, contextTokens: this.#engine.contextTokens, stamps });
    const slot = this.#slots.take(generation);
    if (slot === undefined) throw new Error('no free slot although one was counted');
    generation.slot = slot;
    waiting.active = generation;
    this.#prefilling.push(generation);
    this.#touched.add(request.outlet);
    request.outlet.emit({ kind: 'started', promptTokens: request.prompt.length, slot });
  }

  /** Sequences with a hole between them decode in two passes instead of one. */
  async #compact(): Promise<void> {
    const move = this.#slots.compaction();
    if (!move) {
      this.#holeSteps = 0;
      return;
    }
    if (++this.#holeSteps <= HOLE_STEPS_MAX) return;
    await this.#engine.move(move.from, move.to);
    this.#slots.moved(move.from, move.to);
    move.owner.slot = move.to;
  }

  #endCancelled(): void {
    for (const generation of this.#slots.owners()) {
      if (generation.isCancelled) this.#finish(generation, 'CANCELLED', '');
    }
  }

  #finish(generation: ActiveGeneration, reason: FinishReason, stopMatch: string): void {
    if (reason !== 'STOP_STRING') generation.flushText();
    this.#end(generation, reason, (outcome) => ({ kind: 'finished', reason, stopMatch, ...outcome }));
  }

  #fail(generation: ActiveGeneration, fault: Fault): void {
    this.#end(generation, 'FAILED', (outcome) => ({ kind: 'failed', fault, ...outcome }));
  }

  #failEverything(fault: Fault): void {
    for (const waiting of this.#queue.remove(() => true)) this.#endQueued(waiting, (outcome) => ({ kind: 'failed', fault, ...outcome }));
    for (const generation of this.#slots.owners()) this.#fail(generation, fault);
  }

  #end(generation: ActiveGeneration, outcome: FinishReason | 'FAILED', event: (result: Outcome) => GenerationEvent): void {
    this.#engine.clear(generation.slot);
    this.#engine.releaseSampler(generation.sampler);
    this.#slots.release(generation.slot);
    if (generation.isPrefilling) this.#prefilling = this.#prefilling.filter((other) => other !== generation);
    const result = generation.outcome(this.#options.clock.monotonicMs());
    this.#options.observer.onEnd({ outcome, result });
    this.#touched.add(generation.request.outlet);
    generation.request.outlet.emit(event(result));
  }

  #endQueued(waiting: Waiting, event: (result: Outcome) => GenerationEvent): void {
    const { request, stamps } = waiting;
    const usage = { promptTokens: request.prompt.length, cachedTokens: 0, completionTokens: 0 };
    const result = { usage, timings: timingsAt(stamps, this.#options.clock.monotonicMs()), seed: request.sampling.seed };
    const ended = event(result);
    this.#options.observer.onEnd({ outcome: ended.kind === 'finished' ? ended.reason : 'FAILED', result });
    this.#touched.add(request.outlet);
    request.outlet.emit(ended);
  }

  #flush(): void {
    for (const outlet of this.#touched) outlet.flush(this.#steps);
    this.#touched.clear();
  }

  #untilWoken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
      // Something may have come, or the end, before there was anybody to wake.
      if (this.#queue.length > 0 || this.#isClosing) this.#wake();
    });
  }
}

function assertFits(request: GenerationRequest, contextTokens: number): void {
  const promptTokens = request.prompt.length;
  if (promptTokens === 0) throw new Fault('INVALID_VALUE', { message: 'The prompt is empty.', param: 'prompt' });
  const total = promptTokens + (request.maxTokens ?? 1);
  if (total <= contextTokens) return;
  const asked =
    request.maxTokens === undefined
      ? `your prompt has ${promptTokens} tokens`
      : `you requested ${total} tokens (${promptTokens} in the prompt, ${request.maxTokens} in the completion)`;
  throw new Fault('CONTEXT_LENGTH_EXCEEDED', {
    message: `This model's maximum context length is ${contextTokens} tokens. However, ${asked}. Please reduce the length of the prompt or completion.`,
    param: 'messages',
  });
}

/** The least a generation spends is its prompt and one token. */
function assertPaid({ prompt, totalTokensMax }: GenerationRequest): void {
  if (totalTokensMax === undefined || prompt.length < totalTokensMax) return;
  throw new Fault('INSUFFICIENT_QUOTA', {
    message: 'You exceeded your current quota, please check your plan and billing details.',
    internal: `a prompt of ${prompt.length} tokens with ${totalTokensMax} left`,
  });
}
