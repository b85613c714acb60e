import type { Clock } from '@sluice/platform/clock';
import { Fault, toFault } from '@sluice/platform/fault';
import type { Log } from '@sluice/platform/log';
import type { ModelStatus } from '@sluice/proto/v1/ModelStatus';
import type { SchedulerObserver } from '../scheduler/observer.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import type { LoadedModel } from './load-model.ts';

export type ModelHostOptions = {
  readonly name: string;
  readonly load: (onProgress: (fraction: number) => void) => Promise<LoadedModel>;
  readonly clock: Clock;
  readonly log: Log;
  readonly observer: SchedulerObserver;
  readonly queueLimit: number;
  readonly prefillStallMs: number;
  /** The engine or its start failed for good; the process should end and be started again. */
  readonly onBroken: (cause: unknown) => void;
};

type Ready = { readonly kind: 'ready'; readonly model: LoadedModel; readonly scheduler: Scheduler; readonly sinceUnixS: number };
type State = { readonly kind: 'loading'; readonly progress: number } | Ready | { readonly kind: 'failed'; readonly problem: string };

/** One model's life in this worker: loading, ready, draining, failed. */
export class ModelHost {
  readonly name: string;
  readonly #options: ModelHostOptions;
  readonly #listeners = new Set<() => void>();
  #state: State = { kind: 'loading', progress: 0 };

  constructor(options: ModelHostOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** Loads the model; resolves when it is ready, and also when it failed, which `status` then tells. */
  async start(): Promise<void> {
    const { log, clock, observer, queueLimit, prefillStallMs, onBroken } = this.#options;
    const startMs = clock.monotonicMs();
    try {
      const model = await this.#options.load((progress) => {
        if (this.#state.kind === 'loading') this.#state = { kind: 'loading', progress };
      });
      const { engine, tokenizer } = model;
      const scheduler = new Scheduler({
        engine,
        isEndOfGeneration: tokenizer.isEndOfGeneration,
        clock,
        observer,
        queueLimit,
        prefillStallMs,
        onBroken,
      });
      scheduler.start();
      this.#setState({ kind: 'ready', model, scheduler, sinceUnixS: Math.floor(clock.now().getTime() / 1000) });
      log.info(
        {
          model: this.name,
          details: model.backendDetails,
          slots: engine.slots,
          contextTokens: engine.contextTokens,
          batchTokens: engine.batchTokens,
          loadMs: Math.round(clock.monotonicMs() - startMs),
        },
        'model ready',
      );
    } catch (error) {
      const fault = toFault(error);
      const problem = fault.code === 'INTERNAL' ? (fault.internal ?? fault.message) : fault.message;
      log.error({ err: error, model: this.name }, 'the model cannot be loaded');
      this.#setState({ kind: 'failed', problem });
    }
  }

  /** The running model. Throws MODEL_NOT_READY while it loads. */
  require(): Ready {
    const state = this.#state;
    if (state.kind === 'ready') return state;
    if (state.kind === 'loading') {
      throw new Fault('MODEL_NOT_READY', {
        message: `The model \`${this.name}\` is still loading (${Math.round(state.progress * 100)}%). Please retry in a moment.`,
      });
    }
    throw new Fault('MODEL_NOT_READY', { message: `The model \`${this.name}\` could not be loaded.`, internal: state.problem });
  }

  get isServing(): boolean {
    return this.#state.kind === 'ready' && !this.#state.scheduler.snapshot().isDraining;
  }

  get backendDetails(): string {
    return this.#state.kind === 'ready' ? this.#state.model.backendDetails : '';
  }

  status(): ModelStatus {
    const base = { name: this.name };
    switch (this.#state.kind) {
      case 'loading':
        return { ...base, state: 'LOADING', loadProgress: this.#state.progress };
      case 'failed':
        return { ...base, state: 'FAILED', problem: this.#state.problem };
      case 'ready':
        return { ...base, ...readyStatus(this.#state) };
      default:
        return this.#state satisfies never;
    }
  }

  /** Calls back at every change of state; returns the way to stop. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  drain(): void {
    if (this.#state.kind !== 'ready') return;
    this.#state.scheduler.drain();
    this.#notify();
  }

  async close(): Promise<void> {
    if (this.#state.kind !== 'ready') return;
    await this.#state.scheduler.close();
    await this.#state.model.engine.close();
  }

  #setState(state: State): void {
    this.#state = state;
    this.#notify();
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

function readyStatus({ model, scheduler, sinceUnixS }: Ready): ModelStatus {
  const snapshot = scheduler.snapshot();
  return {
    state: snapshot.isDraining ? 'DRAINING' : 'READY',
    loadProgress: 1,
    slotsTotal: snapshot.slotsTotal,
    slotsBusy: snapshot.slotsBusy,
    queueDepth: snapshot.queueDepth,
    queueLimit: snapshot.queueLimit,
    kvUsedTokens: snapshot.kvUsedTokens,
    kvTotalTokens: snapshot.kvTotalTokens,
    contextTokensMax: model.engine.contextTokens,
    createdUnixS: sinceUnixS,
    prefixDigests: scheduler.prefixDigests(),
  };
}
