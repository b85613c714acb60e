import type { Clock } from '@sluice/platform/clock';
import type { ModelStatus__Output } from '@sluice/proto/v1/ModelStatus';
import type { WorkerStatus__Output } from '@sluice/proto/v1/WorkerStatus';
import type { SessionClient } from '../inference/session-client.ts';
import type { Task } from './task.ts';
import { WarmPrefixes } from './warm-prefixes.ts';

export const WORKER_STATES = ['unreachable', 'loading', 'ready', 'draining', 'unloaded', 'failed'] as const;
export type WorkerCondition = (typeof WORKER_STATES)[number];

/** Statuses come every second; a worker that missed several may hang. */
const STATUS_AGE_MAX_MS = 5_000;

/** What the gateway knows about one runtime worker: what it last said, and what was sent to it since. */
export class Worker {
  readonly address: string;
  readonly session: SessionClient;
  readonly #clock: Clock;
  readonly #warm: WarmPrefixes;
  #status: WorkerStatus__Output | undefined;
  #statusAtMs = -Infinity;
  #isReachable = false;
  /** By model, as slots are. Models that nothing runs on are not in it. */
  readonly #inFlight = new Map<string, number>();
  #inFlightAtStatus: ReadonlyMap<string, number> = new Map();

  constructor(options: { address: string; session: SessionClient; clock: Clock }) {
    this.address = options.address;
    this.session = options.session;
    this.#clock = options.clock;
    this.#warm = new WarmPrefixes(options.clock);
  }

  /** What it last reported, also when it is unreachable now: the models stay known. */
  get models(): readonly ModelStatus__Output[] {
    return this.#status?.models ?? [];
  }

  /** What it last said; undefined before its first word. */
  get status(): WorkerStatus__Output | undefined {
    return this.#status;
  }

  get condition(): WorkerCondition {
    const age = this.#clock.monotonicMs() - this.#statusAtMs;
    return this.#isReachable && this.#status && age < STATUS_AGE_MAX_MS ? CONDITIONS[this.#status.state] : 'unreachable';
  }

  report(status: WorkerStatus__Output): void {
    this.#status = status;
    this.#statusAtMs = this.#clock.monotonicMs();
    this.#isReachable = true;
    this.#inFlightAtStatus = new Map(this.#inFlight);
    this.#warm.report(status.models.flatMap(({ prefixDigests }) => prefixDigests));
  }

  markUnreachable(): void {
    this.#isReachable = false;
  }

  /** Whether it takes requests for the model, and the adapter on top of it, right now, and for this where it is said. */
  serves(model: string, adapter = '', task?: Task): boolean {
    return (
      this.condition === 'ready' &&
      this.models.some((known) => known.name === model && takesRequests(known) && canUse(known, adapter) && mayDo(known, task))
    );
  }

  /**
   * Requests per slot of the model: this gateway's own, known exactly, and those of others, known as of the last status.
   * The status counts our own requests too, so those of that moment are taken off. A model that must wake first counts as a full one.
   */
  load(model: string): number {
    const status = this.models.find(({ name }) => name === model);
    if (!status) return Infinity;
    const others = Math.max(0, status.slotsBusy + status.queueDepth - (this.#inFlightAtStatus.get(model) ?? 0));
    // To wake a model takes longer than to wait for a slot of a full worker.
    const wakingLoad = status.state === 'READY' ? 0 : 1;
    return wakingLoad + ((this.#inFlight.get(model) ?? 0) + others) / Math.max(1, status.slotsTotal);
  }

  /** How many of a prompt's beginnings it holds in a KV cache; 0 is none. */
  warmthFor(prefixDigests: readonly number[]): number {
    return this.#warm.depthOf(prefixDigests);
  }

  /** A prompt with these beginnings was sent here. */
  expectWarm(prefixDigests: readonly number[]): void {
    this.#warm.sent(prefixDigests);
  }

  /** Counts a request for the model as running here until the returned function is called. */
  enter(model: string): () => void {
    this.#inFlight.set(model, (this.#inFlight.get(model) ?? 0) + 1);
    let hasLeft = false;
    return () => {
      if (!hasLeft) this.#leave(model);
      hasLeft = true;
    };
  }

  #leave(model: string): void {
    const left = (this.#inFlight.get(model) ?? 0) - 1;
    if (left > 0) this.#inFlight.set(model, left);
    else this.#inFlight.delete(model);
  }
}

/** Whether a request for the model is taken: at once, or once it has woken. */
export function takesRequests({ state, isWaking }: Pick<ModelStatus__Output, 'state' | 'isWaking'>): boolean {
  return state === 'READY' || state === 'ASLEEP' || (state === 'LOADING' && isWaking);
}

/** A model whose task nobody knows yet may be for anything. */
function mayDo({ tasks }: Pick<ModelStatus__Output, 'tasks'>, task: Task | undefined): boolean {
  return task === undefined || tasks.length === 0 || tasks.includes(task);
}

/** One whose adapter has just failed to load is left alone: others may have a better file. */
function canUse({ adapters }: Pick<ModelStatus__Output, 'adapters'>, adapter: string): boolean {
  return adapter === '' || adapters.some(({ name, state }) => name === adapter && state !== 'UNUSABLE');
}

/** Every model has the adapter without a name: none. */
export function hasAdapter({ adapters }: Pick<ModelStatus__Output, 'adapters'>, adapter: string): boolean {
  return adapter === '' || adapters.some(({ name }) => name === adapter);
}

const CONDITIONS = {
  WORKER_STATE_UNSPECIFIED: 'unreachable',
  LOADING: 'loading',
  READY: 'ready',
  DRAINING: 'draining',
  FAILED: 'failed',
  ASLEEP: 'ready',
  UNLOADED: 'unloaded',
} as const satisfies Record<WorkerStatus__Output['state'], WorkerCondition>;
