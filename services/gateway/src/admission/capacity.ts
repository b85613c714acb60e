import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { TierPolicy } from '../keys/policy.ts';

/** What the workers have together, by their last status. */
export type WorkerLoad = { readonly slots: number; readonly queued: number };

/** No limit worth the name: everything is counted, nothing is held up. */
const UNTIGHTENED = 1_000_000_000;
/** Running, and as many waiting in the runtimes' own queues: enough to keep every slot busy, and no wait of minutes. */
const REQUESTS_PER_SLOT = 2;
/** A queue as long as the slots, or timers this late, count as full overload. */
const QUEUED_PER_SLOT_MAX = 1;
const LOOP_DELAY_MAX_MS = 200;
/** Below this a loop is merely busy. */
const LOOP_DELAY_MIN_MS = 50;
const SAMPLE_MS = 500;
const RESOLUTION_MS = 20;

/** How many requests may be in the system, by tier: everything while there is room, and less for lower tiers the longer the workers' queues and the slower this process. */
export class Capacity {
  readonly #load: () => WorkerLoad;
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  #loopDelayMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(load: () => WorkerLoad) {
    this.#load = load;
  }

  start(): void {
    this.#delay.enable();
    this.#timer ??= setInterval(() => {
      this.#loopDelayMs = Math.max(0, this.#delay.percentile(99) / 1e6 - RESOLUTION_MS);
      this.#delay.reset();
    }, SAMPLE_MS);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#delay.disable();
  }

  /** 0 with room to spare, 1 when fully overloaded. */
  get pressure(): number {
    return toPressure(this.#load(), this.#loopDelayMs);
  }

  /** Requests of all tiers together at which this tier is let in no more. */
  limitFor({ overloadSharePercent }: Pick<TierPolicy, 'overloadSharePercent'>): number {
    const load = this.#load();
    return toLimit(load, toPressure(load, this.#loopDelayMs), overloadSharePercent);
  }
}

export function toPressure({ slots, queued }: WorkerLoad, loopDelayMs: number): number {
  const ofQueue = slots === 0 ? 0 : queued / slots / QUEUED_PER_SLOT_MAX;
  const ofLoop = (loopDelayMs - LOOP_DELAY_MIN_MS) / (LOOP_DELAY_MAX_MS - LOOP_DELAY_MIN_MS);
  return Math.min(1, Math.max(0, ofQueue, ofLoop));
}

/** Falls in a straight line from all places to the tier's share of them. Never to nothing: a tier may always have one request in the system. */
export function toLimit({ slots }: WorkerLoad, pressure: number, overloadSharePercent: number): number {
  if (pressure === 0 || slots === 0) return UNTIGHTENED;
  const share = 1 - (1 - overloadSharePercent / 100) * pressure;
  return Math.max(1, Math.floor(slots * REQUESTS_PER_SLOT * share));
}
