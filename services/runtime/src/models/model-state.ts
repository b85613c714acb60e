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

export type ModelState =
  | Rest
  /** `isWaking`: a request asked for it, and others may wait for it, too. */
  | { readonly kind: 'loading'; readonly progress: number; readonly isWaking: boolean; readonly ready: Promise<Ready> }
  | Ready
  /** Its running requests go on to their end, then its memory is freed. */
  | { readonly kind: 'leaving'; readonly ready: Ready; readonly to: Rest['kind']; readonly gone: Promise<void> }
  | { readonly kind: 'failed'; readonly problem: string };
