import type { ActiveGeneration } from './active-generation.ts';
import type { GenerationRequest } from './generation.ts';
import { PriorityQueue, rankOf } from './queue.ts';
import type { Stamps } from './stamps.ts';

export type Waiting = {
  readonly request: GenerationRequest;
  readonly rank: number;
  readonly stamps: Stamps;
  deadlineMs: number;
  /** Set once it has been admitted; one that was preempted waits with it. */
  active: ActiveGeneration | undefined;
  /** The priority that it had in line when it got its slot. */
  wonWith: number;
  toldPosition: number;
  toldAtMs: number;
};

/** A place in line changes with every step of a busy worker; people read one a second. */
const TELL_INTERVAL_MS = 1_000;

/** Requests without a slot: bounded, by priority with ageing, each with a deadline, each told its place. */
export class WaitingLine {
  readonly #queue: PriorityQueue<Waiting>;

  constructor(limit: number) {
    this.#queue = new PriorityQueue(limit);
  }

  get length(): number {
    return this.#queue.length;
  }

  get limit(): number {
    return this.#queue.limit;
  }

  /** Returns undefined, and takes nothing, when the line is full. */
  join(request: GenerationRequest, nowMs: number): Waiting | undefined {
    const waiting: Waiting = {
      request,
      rank: rankOf({ priority: request.priority, arrivedMs: nowMs }),
      stamps: { submittedMs: nowMs, admittedMs: undefined, firstTokenMs: undefined },
      deadlineMs: nowMs + request.queueTimeoutMs,
      active: undefined,
      wonWith: -Infinity,
      toldPosition: -1,
      toldAtMs: -Infinity,
    };
    return this.#queue.push(waiting) ? waiting : undefined;
  }

  /** One that lost its slot comes back to where it would be had it waited all the time; it never finds the line full. */
  rejoin(waiting: Waiting, nowMs: number): void {
    waiting.deadlineMs = nowMs + waiting.request.queueTimeoutMs;
    this.#queue.push(waiting, { isForced: true });
  }

  next(): Waiting | undefined {
    return this.#queue.shift();
  }

  /** Who waits with the highest priority, however long others have waited. */
  mostUrgent(): Waiting | undefined {
    let urgent: Waiting | undefined;
    for (const waiting of this.#queue.values()) if (!urgent || waiting.request.priority > urgent.request.priority) urgent = waiting;
    return urgent;
  }

  leave(waiting: Waiting): boolean {
    return this.#queue.remove((item) => item === waiting).length > 0;
  }

  late(nowMs: number): Waiting[] {
    return this.#queue.remove((waiting) => waiting.deadlineMs <= nowMs);
  }

  clear(): Waiting[] {
    return this.#queue.remove(() => true);
  }

  /** Those whose place has changed since they were told, with how many go before them. */
  news(nowMs: number): { readonly waiting: Waiting; readonly position: number }[] {
    const news: { waiting: Waiting; position: number }[] = [];
    for (const [position, waiting] of this.#queue.entries()) {
      if (waiting.toldPosition === position || nowMs - waiting.toldAtMs < TELL_INTERVAL_MS) continue;
      waiting.toldPosition = position;
      waiting.toldAtMs = nowMs;
      news.push({ waiting, position });
    }
    return news;
  }
}
