import type { Scheduler } from '../scheduler/scheduler.ts';
import type { VectorQueue } from '../vectors/vector-queue.ts';
import type { LoadedModel, LoadedVectorModel } from './load-model.ts';

/** A model that runs and generates. */
export type Generating = {
  readonly kind: 'ready';
  readonly task: 'generate';
  readonly model: LoadedModel;
  readonly scheduler: Scheduler;
  readonly sinceUnixS: number;
};

/** A model that runs and embeds, or ranks. */
export type Vectoring = {
  readonly kind: 'ready';
  readonly task: 'embed' | 'rank';
  readonly model: LoadedVectorModel;
  readonly scheduler: VectorQueue;
  readonly sinceUnixS: number;
};

/** A model that runs. */
export type Ready = Generating | Vectoring;

/** Where one is without its memory: the next request wakes it, or only an administrator loads it. */
export type Rest = { readonly kind: 'asleep' | 'unloaded'; readonly problem: string };

/** When a model that failed is loaded again, or sleeps again until the next request. */
export type Retry = { readonly to: 'start' | 'asleep'; readonly atMs: number };

export type ModelState =
  | Rest
  | Loading
  | Ready
  /** Its running requests go on to their end, then its memory is freed. */
  | { readonly kind: 'leaving'; readonly ready: Ready; readonly to: Rest['kind']; readonly gone: Promise<void> }
  | { readonly kind: 'failed'; readonly problem: string; readonly retry: Retry | undefined };

export type Loading = {
  readonly kind: 'loading';
  readonly progress: number;
  /** A request asked for it, and others may wait for it, too. */
  readonly isWaking: boolean;
  readonly ready: Promise<Ready>;
  /** Ends it. */
  readonly stop: AbortController;
};

/** The model that runs, also while it leaves. */
export function runningOf(state: ModelState): Ready | undefined {
  if (state.kind === 'ready') return state;
  return state.kind === 'leaving' ? state.ready : undefined;
}

/** Whether a request may wait for it. */
export function canWake(state: ModelState): boolean {
  if (state.kind === 'leaving') return state.to === 'asleep';
  return state.kind === 'asleep' || (state.kind === 'loading' && state.isWaking);
}
