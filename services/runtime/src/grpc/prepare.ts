import type { GenerateRequest__Output } from '@sluice/proto/v1/GenerateRequest';
import type { Adapter } from '../engine/engine.ts';
import type { ModelRegistry } from '../models/model-registry.ts';
import type { Generating, Ready } from '../models/model-state.ts';
import { requireGenerating } from '../models/require-task.ts';
import type { Outlet } from '../scheduler/generation.ts';
import { requireAdapters } from './adapter-calls.ts';

/** A model that runs, and what a request needs beside it. */
export type Prepared = {
  readonly generating: Generating;
  readonly adapter: Adapter | undefined;
  /** Must be called once the request has ended. */
  readonly release: () => void;
};

const NOTHING_HELD = (): void => {};

/** What a request needs besides its model, which takes time: its adapter. Rejects with a Fault, or as the signal says. */
export async function prepare(
  request: GenerateRequest__Output,
  { models, ready, signal }: { models: Pick<ModelRegistry, 'find'>; ready: Ready | Promise<Ready>; signal: AbortSignal },
): Promise<Prepared> {
  const generating = requireGenerating(await ready);
  const adapters = requireAdapters(models, request.model);
  // The model does not fall asleep meanwhile.
  const leave = models.find(request.model).enter();
  try {
    const { adapter, release } = await adapters.acquire(request.adapter, generating.model, signal);
    return { generating, adapter, release };
  } finally {
    leave();
  }
}

/** For a request that needs nothing but its model. */
export function prepared(ready: Ready): Prepared {
  return { generating: requireGenerating(ready), adapter: undefined, release: NOTHING_HELD };
}

/** The same outlet, which calls back after the request's last event. */
export function releasing(outlet: Outlet, release: () => void): Outlet {
  if (release === NOTHING_HELD) return outlet;
  return {
    emit(event) {
      outlet.emit(event);
      if (event.kind === 'finished' || event.kind === 'failed') release();
    },
    flush: (step) => outlet.flush(step),
  };
}
