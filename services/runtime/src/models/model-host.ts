import type { ModelStatus } from '@sluice/proto/v1/ModelStatus';
import type { AdapterCatalogue } from '../adapters/adapter-catalogue.ts';
import { untilTrue } from '../until-true.ts';
import { collectGarbage } from './collect-garbage.ts';
import { afterFailure, type LoadReason } from './load-failure.ts';
import type { ModelHostOptions } from './model-host-options.ts';
import type { ModelSettings } from './model-settings.ts';
import { didNotWake, draining, loadStopped, notReady, tooManyWait } from './model-refusals.ts';
import { canWake, runningOf, type Loading, type ModelState, type Ready, type Rest } from './model-state.ts';
import { lastRunOf, mayGenerate, momentaryStatus, restingStatus, type LastRun } from './model-status.ts';
import { closeModel, runModel } from './run-model.ts';

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
  /** Loads that failed in a row. */
  #failures = 0;
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
    return {
      ...restingStatus(this.settings, this.#lastRun),
      ...momentaryStatus(this.#state),
      isPinned: this.#isPinned,
      // What was uploaded to a model of this name is no use to one that embeds or ranks.
      adapters: mayGenerate(this.settings, this.#lastRun) ? (this.adapters?.status(engine) ?? []) : [],
    };
  }

  /** Calls back at every change of state; returns the way to stop. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Loads the model at the worker's start; resolves when it is ready, and also when it failed, which `status` then tells. */
  async start(): Promise<void> {
    await this.#begin('start').catch(() => {});
  }

  /** Loads the model, where it is not there yet. Rejects with what `status` then tells, too. */
  load(): Promise<Ready> {
    return this.#begin('order');
  }

  /** The running model; where it sleeps, once it has woken. Those who wait go on in the order in which they came. Throws, or rejects with, a Fault. */
  awake(): Ready | Promise<Ready> {
    this.#lastUsedMs = this.#options.clock.monotonicMs();
    this.assertServing();
    if (this.#state.kind === 'ready') return this.#state;
    if (this.#waiting >= this.#options.queueLimit) throw tooManyWait();
    return this.#wake();
  }

  /** Throws what a request would be refused with now: nobody waits for what will not come. */
  assertServing(): void {
    if (this.#state.kind === 'ready') return;
    if (this.#isDraining) throw draining();
    if (!canWake(this.#state)) throw notReady(this.name, this.#state);
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

  /** After a load that failed: loads again what is to be there, and lets the next request try where requests load it. */
  retryWhenDue(): void {
    const state = this.#state;
    if (state.kind !== 'failed' || !state.retry || this.#isDraining) return;
    if (this.#options.clock.monotonicMs() < state.retry.atMs) return;
    if (state.retry.to === 'start') void this.start();
    else this.#setState({ kind: 'asleep', problem: state.problem });
  }

  /** Frees its memory until the next request. Does nothing where it works, is pinned or is not there; says whether it did. */
  async sleep(): Promise<boolean> {
    if (this.#state.kind !== 'ready' || this.#isPinned || this.#isDraining || this.isBusy) return false;
    await this.#leave(this.#state, { to: 'asleep', drainMs: 0 });
    return true;
  }

  /** Frees its memory until somebody loads it; what runs on it has `drainMs` to end. A load or a download under way is ended. */
  async unload(drainMs: number): Promise<void> {
    const state = this.#state;
    if (state.kind === 'loading') await this.#stopLoad(state);
    if (state.kind === 'leaving') await state.gone;
    this.#failures = 0;
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
    // Not waited for: what is not there yet ends with the process.
    if (this.#state.kind === 'loading') void this.#stopLoad(this.#state);
    if (this.#state.kind === 'leaving') await this.#state.gone;
    if (this.#state.kind === 'ready') await closeModel(this.#state);
    this.adapters?.forgetLoaded();
  }

  async #wake(): Promise<Ready> {
    this.#waiting += 1;
    try {
      return await this.#begin('request');
    } catch (error) {
      throw didNotWake(this.name, error);
    } finally {
      this.#waiting -= 1;
    }
  }

  #begin(reason: LoadReason): Promise<Ready> {
    const state = this.#state;
    if (this.#isDraining && state.kind !== 'ready') return Promise.reject(draining());
    switch (state.kind) {
      case 'ready':
        return Promise.resolve(state);
      case 'loading':
        return state.ready;
      case 'leaving':
        return state.gone.then(() => this.#begin(reason));
      case 'asleep':
      case 'unloaded':
      case 'failed': {
        // Not before the state below is set.
        const stop = new AbortController();
        const ready = Promise.resolve().then(() => this.#open({ reason, before: state, signal: stop.signal }));
        this.#setState({ kind: 'loading', progress: 0, isWaking: reason === 'request', ready, stop });
        return ready;
      }
      default:
        return state satisfies never;
    }
  }

  async #open({ reason, before, signal }: { reason: LoadReason; before: ModelState; signal: AbortSignal }): Promise<Ready> {
    const { log, clock } = this.#options;
    const startMs = clock.monotonicMs();
    try {
      const ready = runModel(await this.#options.load({ onProgress: (progress) => this.#advance(progress), signal }), this.#options);
      if (signal.aborted) await closeModel(ready);
      signal.throwIfAborted();
      if (this.#isDraining) ready.scheduler.drain();
      this.#failures = 0;
      this.#lastRun = lastRunOf(ready);
      this.#lastUsedMs = clock.monotonicMs();
      this.#setState(ready);
      const { slots, contextTokens, batchTokens } = ready.model.engine;
      const loadMs = Math.round(clock.monotonicMs() - startMs);
      log.info({ model: this.name, details: ready.model.backendDetails, slots, contextTokens, batchTokens, loadMs }, 'model ready');
      return ready;
    } catch (error) {
      if (signal.aborted) {
        log.info({ model: this.name }, 'the load of a model was stopped');
        this.#setState({ kind: 'unloaded', problem: '' });
      } else {
        log.error({ err: error, model: this.name }, 'the model cannot be loaded');
        this.#failures += 1;
        this.#setState(afterFailure({ error, reason, before, count: this.#failures, nowMs: clock.monotonicMs() }));
      }
      throw error;
    }
  }

  #advance(progress: number): void {
    if (this.#state.kind === 'loading') this.#state = { ...this.#state, progress };
  }

  async #stopLoad({ stop, ready }: Loading): Promise<void> {
    stop.abort(loadStopped(this.name));
    await ready.catch(() => {});
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
    this.adapters?.forgetLoaded();
  }

  #setState(state: ModelState): void {
    this.#state = state;
    this.#notify();
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}
