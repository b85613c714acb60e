import type { Clock } from '@sluice/platform/clock';
import type { ModelStatus__Output } from '@sluice/proto/v1/ModelStatus';
import type { WorkerStatus__Output } from '@sluice/proto/v1/WorkerStatus';
import type { SessionClient } from '../inference/session-client.ts';

export const WORKER_STATES = ['unreachable', 'loading', 'ready', 'draining', 'failed'] as const;
export type WorkerCondition = (typeof WORKER_STATES)[number];

/** Statuses come every second; a worker that missed several may hang. */
const STATUS_AGE_MAX_MS = 5_000;

/** What the gateway knows about one runtime worker: what it last said, and what was sent to it since. */
export class Worker {
  readonly address: string;
  readonly session: SessionClient;
  readonly #clock: Clock;
  #status: WorkerStatus__Output | undefined;
  #statusAtMs = -Infinity;
  #isReachable = false;
  #inFlight = 0;
  #inFlightAtStatus = 0;

  constructor(options: { address: string; session: SessionClient; clock: Clock }) {
    this.address = options.address;
    this.session = options.session;
    this.#clock = options.clock;
  }

  /** What it last reported, also when it is unreachable now: the models stay known. */
  get models(): readonly ModelStatus__Output[] {
    return this.#status?.models ?? [];
  }

  get condition(): WorkerCondition {
    const age = this.#clock.monotonicMs() - this.#statusAtMs;
    return this.#isReachable && this.#status && age < STATUS_AGE_MAX_MS ? CONDITIONS[this.#status.state] : 'unreachable';
  }

  report(status: WorkerStatus__Output): void {
    this.#status = status;
    this.#statusAtMs = this.#clock.monotonicMs();
    this.#isReachable = true;
    this.#inFlightAtStatus = this.#inFlight;
  }

  markUnreachable(): void {
    this.#isReachable = false;
  }

  /** Whether it takes requests for the model right now. */
  serves(model: string): boolean {
    return this.condition === 'ready' && this.models.some(({ name, state }) => name === model && state === 'READY');
  }

  /**
   * Requests per slot: this gateway's own, known exactly, and those of others, known as of the last status.
   * The status counts our own requests too, so those of that moment are taken off.
   */
  load(model: string): number {
    const status = this.models.find(({ name }) => name === model);
    if (!status) return Infinity;
    const others = Math.max(0, status.slotsBusy + status.queueDepth - this.#inFlightAtStatus);
    return (this.#inFlight + others) / Math.max(1, status.slotsTotal);
  }

  /** Counts a request as running here until the returned function is called. */
  enter(): () => void {
    this.#inFlight += 1;
    let hasLeft = false;
    return () => {
      if (!hasLeft) this.#inFlight -= 1;
      hasLeft = true;
    };
  }
}

const CONDITIONS = {
  WORKER_STATE_UNSPECIFIED: 'unreachable',
  LOADING: 'loading',
  READY: 'ready',
  DRAINING: 'draining',
  FAILED: 'failed',
  ASLEEP: 'ready',
  UNLOADED: 'failed',
} as const satisfies Record<WorkerStatus__Output['state'], WorkerCondition>;
