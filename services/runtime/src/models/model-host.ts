import type { Clock } from '@sluice/platform/clock';
import { Fault, toFault } from '@sluice/platform/fault';
import type { Log } from '@sluice/platform/log';
import type { ModelStatus } from '@sluice/proto/v1/ModelStatus';
import type { AdapterCatalogue } from '../adapters/adapter-catalogue.ts';
import type { SchedulerObserver } from '../scheduler/observer.ts';
import { untilTrue } from '../until-true.ts';
import { collectGarbage } from './collect-garbage.ts';
import type { LoadedModel, LoadedVectorModel } from './load-model.ts';
import type { ModelSettings } from './model-settings.ts';
import type { ModelState, Ready, Rest } from './model-state.ts';
import { lastRunOf, momentaryStatus, restingStatus, type LastRun } from './model-status.ts';
import { closeModel, runModel } from './run-model.ts';

export type ModelHostOptions = {
  readonly settings: ModelSettings;
  /** None where they make no sense. */
  readonly adapters?: AdapterCatalogue | undefined;
  readonly load: (onProgress: (fraction: number) => void) => Promise<LoadedModel | LoadedVectorModel>;
  readonly clock: Clock;
  readonly log: Log;
  readonly observer: SchedulerObserver;
  readonly queueLimit: number;
  readonly prefillStallMs: number;
  /** The engine or its start failed for good; the process should end and be started again. */
  readonly onBroken: (cause: unknown) => void;
};

/** The worker's start, somebody who administers it, or a request that waits. */
type LoadReason = 'start' | 'order' | 'request';

/** One model's life in this worker: loading, ready, draining, and asleep or unloaded until it loads again; or failed. */
export class ModelHost {
  readonly settings: ModelSettings;
  readonly adapters: AdapterCatalogue | undefined;
  readonly #options: ModelHostOptions;
  readonly #listeners = new Set<() => void>();
  #state: ModelState;
  #lastRun: LastRun | undefined;
  #isPinned: boolean;
  #isDraining = false;
  /** What runs on it beside its scheduler. */
  #uses = 0;
  /** Requests that wait for it to wake. */
  #waiting = 0;
  #lastUsedMs: number;

  constructor(options: ModelHostOptions) {
    this.settings = options.settings;
    this.adapters = options.adapters;
    this.adapters?.onChange(() => this.#notify());
    this.#options = options;
    this.#isPinned = options.settings.isPinned;
    this.#lastUsedMs = options.clock.monotonicMs();
    this.#state = { kind: options.settings.isLazy ? 'asleep' : 'unloaded', problem: '' };
  }

  get name(): string {
    return this.settings.name;
  }

  get kind(): ModelState['kind'] {
    return this.#state.kind;
  }

  get isPinned(): boolean {
    return this.#isPinned;
  }

  get lastUsedMs(): number {
    return this.#lastUsedMs;
  }

  /** Whether a request would be taken now, at once or after waking it. */
  get isServing(): boolean {
    const state = this.#state;
    return !this.#isDraining && (state.kind === 'ready' || canWake(state));
  }

  /** Whether something runs or waits on it. */
  get isBusy(): boolean {
    if (this.#uses + this.#waiting > 0) return true;
    const running = runningOf(this.#state)?.scheduler.snapshot();
    return running !== undefined && running.slotsBusy + running.queueDepth > 0;
  }

  /** The running model, also while it drains. */
  get running(): Ready | undefined {
    return runningOf(this.#state);
  }

  get backendDetails(): string {
    return this.#lastRun?.backendDetails ?? '';
  }

  status(): ModelStatus {
    const engine = this.running?.task === 'generate' ? this.running.model.engine : undefined;
    const resting = restingStatus(this.settings, this.#lastRun);
    return {
      ...resting,
      ...momentaryStatus(this.#state),
      isPinned: this.#isPinned,
      // A file that was uploaded to a model of this name is none of one that embeds or ranks.
      adapters: takesAdapters(resting) ? (this.adapters?.status(engine) ?? []) : [],
    };
  }

  /** Calls back at every change of state; returns the way to stop. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Loads the model at the worker's start; resolves when it is ready, and also when it failed, which `status` then tells. */
  async start(): Promise<void> {
    await this.#begin({ reason: 'start' }).catch(() => {});
  }

  /** Loads the model, where it is not there yet. Rejects with what `status` then tells, too. */
  load(): Promise<Ready> {
    return this.#begin({ reason: 'order' });
  }

  /** The running model; where it sleeps, once it has woken. Those who wait go on in the order in which they came. Throws, or rejects with, a Fault. */
  awake(): Ready | Promise<Ready> {
    this.#lastUsedMs = this.#options.clock.monotonicMs();
    if (this.#state.kind === 'ready') return this.#state;
    if (this.#isDraining) throw draining();
    if (!canWake(this.#state)) throw this.#notReady();
    if (this.#waiting >= this.#options.queueLimit) {
      throw new Fault('SERVER_OVERLOADED', {
        message: 'The server is overloaded: too many requests wait for this model. Please retry after a moment.',
      });
    }
    return this.#wake();
  }

  /** Counts a piece of work that is none of the scheduler's, until the returned function is called. */
  enter(): () => void {
    this.#uses += 1;
    let hasLeft = false;
    return () => {
      if (!hasLeft) this.#uses -= 1;
      hasLeft = true;
      this.#lastUsedMs = this.#options.clock.monotonicMs();
    };
  }

  /** A pinned model is neither put to sleep nor unloaded to make room. */
  pin(isPinned: boolean): void {
    this.#isPinned = isPinned;
    this.#notify();
  }

  /** Puts it to sleep when nothing has run on it for as long as its settings say. */
  sleepWhenIdle(): void {
    const { idleSleepMs } = this.settings;
    const nowMs = this.#options.clock.monotonicMs();
    if (this.isBusy) this.#lastUsedMs = nowMs;
    if (idleSleepMs !== undefined && nowMs - this.#lastUsedMs >= idleSleepMs) void this.sleep();
  }

  /** Frees its memory until the next request. Does nothing where it works, is pinned or is not there; says whether it did. */
  async sleep(): Promise<boolean> {
    if (this.#state.kind !== 'ready' || this.#isPinned || this.#isDraining || this.isBusy) return false;
    await this.#leave(this.#state, { to: 'asleep', drainMs: 0 });
    return true;
  }

  /** Frees its memory until somebody loads it; what runs on it has `drainMs` to end. Throws CONFLICT while it loads. */
  async unload(drainMs: number): Promise<void> {
    const state = this.#state;
    if (state.kind === 'loading') {
      throw new Fault('CONFLICT', { message: `The model \`${this.name}\` is being loaded. Unload it when it is there.` });
    }
    if (state.kind === 'leaving') await state.gone;
    if (this.#state.kind === 'ready') await this.#leave(this.#state, { to: 'unloaded', drainMs });
    else this.#setState({ kind: 'unloaded', problem: '' });
  }

  /** Refuses new requests from now on, and wakes no more; those taken run to their end. */
  drain(): void {
    this.#isDraining = true;
    runningOf(this.#state)?.scheduler.drain();
    this.#notify();
  }

  async close(): Promise<void> {
    this.#isDraining = true;
    if (this.#state.kind === 'leaving') await this.#state.gone;
    if (this.#state.kind === 'ready') await closeModel(this.#state);
  }

  async #wake(): Promise<Ready> {
    this.#waiting += 1;
    try {
      return await this.#begin({ reason: 'request' });
    } catch (error) {
      const { code, message } = toFault(error);
      const isFull = code === 'INSUFFICIENT_MEMORY';
      throw new Fault(isFull ? code : 'MODEL_NOT_READY', {
        message: isFull
          ? `The model \`${this.name}\` sleeps, and there is no room for it beside those that run. Please retry in a moment.`
          : `The model \`${this.name}\` could not be loaded.`,
        internal: message,
      });
    } finally {
      this.#waiting -= 1;
    }
  }

  #begin({ reason }: { reason: LoadReason }): Promise<Ready> {
    const state = this.#state;
    if (this.#isDraining && state.kind !== 'ready') return Promise.reject(draining());
    switch (state.kind) {
      case 'ready':
        return Promise.resolve(state);
      case 'loading':
        return state.ready;
      case 'leaving':
        return state.gone.then(() => this.#begin({ reason }));
      case 'asleep':
      case 'unloaded':
      case 'failed': {
        // Not before the state below is set.
        const ready = Promise.resolve().then(() => this.#open(reason, state));
        this.#setState({ kind: 'loading', progress: 0, isWaking: reason === 'request', ready });
        return ready;
      }
      default:
        return state satisfies never;
    }
  }

  async #open(reason: LoadReason, before: ModelState): Promise<Ready> {
    const { log, clock } = this.#options;
    const startMs = clock.monotonicMs();
    try {
      const model = await this.#options.load((progress) => {
        if (this.#state.kind === 'loading') this.#state = { ...this.#state, progress };
      });
      const ready = runModel(model, this.#options);
      if (this.#isDraining) ready.scheduler.drain();
      this.#lastRun = lastRunOf(ready);
      this.#lastUsedMs = clock.monotonicMs();
      this.#setState(ready);
      const { slots, contextTokens, batchTokens } = model.engine;
      const loadMs = Math.round(clock.monotonicMs() - startMs);
      log.info({ model: this.name, details: model.backendDetails, slots, contextTokens, batchTokens, loadMs }, 'model ready');
      return ready;
    } catch (error) {
      const fault = toFault(error);
      const problem = fault.code === 'INTERNAL' ? (fault.internal ?? fault.message) : fault.message;
      log.error({ err: error, model: this.name }, 'the model cannot be loaded');
      // What does not fit now may fit later; one that was to be there from the start has failed.
      const mayFitLater = fault.code === 'INSUFFICIENT_MEMORY' && reason !== 'start';
      this.#setState({ kind: mayFitLater && isResting(before) ? before.kind : 'failed', problem });
      throw error;
    }
  }

  #leave(ready: Ready, { to, drainMs }: { to: Rest['kind']; drainMs: number }): Promise<void> {
    ready.scheduler.drain();
    const gone = this.#close(ready, drainMs).then(() => this.#setState({ kind: to, problem: '' }));
    this.#setState({ kind: 'leaving', ready, to, gone });
    return gone;
  }

  async #close(ready: Ready, drainMs: number): Promise<void> {
    const { log } = this.#options;
    await untilTrue(() => !this.isBusy, drainMs);
    try {
      await closeModel(ready);
      log.info({ model: this.name }, 'model gone');
      // When nobody refers to it any more.
      setImmediate(collectGarbage);
    } catch (error) {
      // Whatever is left of it, nobody can use it any more.
      log.error({ err: error, model: this.name }, 'a model was not closed cleanly');
    }
  }

  #notReady(): Fault {
    const model = `The model \`${this.name}\``;
    const state = this.#state;
    switch (state.kind) {
      case 'loading':
        return notReady(`${model} is still loading (${Math.round(state.progress * 100)}%). Please retry in a moment.`);
      case 'failed':
        return notReady(`${model} could not be loaded.`, state.problem);
      case 'leaving':
        return notReady(`${model} is being unloaded.`);
      default:
        return notReady(`${model} is not loaded.`);
    }
  }

  #setState(state: ModelState): void {
    this.#state = state;
    this.#notify();
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

function isResting(state: ModelState): state is Rest {
  return state.kind === 'asleep' || state.kind === 'unloaded';
}

function draining(): Fault {
  return new Fault('WORKER_DRAINING', { message: 'This worker takes no new requests.' });
}

/** Also where nobody knows yet what it is for. */
function takesAdapters({ tasks = [] }: ModelStatus): boolean {
  return tasks.length === 0 || tasks.includes('generate');
}

function runningOf(state: ModelState): Ready | undefined {
  if (state.kind === 'ready') return state;
  return state.kind === 'leaving' ? state.ready : undefined;
}

/** Whether a request may wait for it. */
function canWake(state: ModelState): boolean {
  if (state.kind === 'leaving') return state.to === 'asleep';
  return state.kind === 'asleep' || (state.kind === 'loading' && state.isWaking);
}

function notReady(message: string, internal?: string): Fault {
  return new Fault('MODEL_NOT_READY', { message, internal });
}
