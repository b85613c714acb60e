import { Fault, toFault } from '@sluice/platform/fault';
import type { Log } from '@sluice/platform/log';
import type { RuntimeClient } from '@sluice/proto/runtime-client';
import type { AdapterStatus__Output } from '@sluice/proto/v1/AdapterStatus';
import type { ModelStatus__Output } from '@sluice/proto/v1/ModelStatus';
import { broadcast } from './broadcast.ts';
import { watchProgress } from './watch-progress.ts';

/** A worker, by what it last said, and the way to call it. */
export type AdapterWorker = {
  readonly address: string;
  readonly isReachable: boolean;
  readonly models: readonly ModelStatus__Output[];
  readonly client: Pick<RuntimeClient, 'putAdapter' | 'removeAdapter'>;
};

export type AdapterName = { readonly model: string; readonly name: string };

/** An adapter as the workers have it. */
export type KnownAdapter = AdapterName & { readonly places: readonly AdapterPlace[] };
export type AdapterPlace = {
  readonly worker: string;
  /** Undefined where the worker has the model, and not the adapter. */
  readonly status: AdapterStatus__Output | undefined;
};

/** What came of a change at one worker. */
export type AdapterOutcome = { readonly worker: string; readonly sizeBytes: number; readonly fault: Fault | undefined };

export type AdapterFleetOptions = {
  readonly workers: () => readonly AdapterWorker[];
  /** Throws for a model that no worker has, or none has told of yet. */
  readonly requireModel: (model: string) => void;
  /** Why no worker that has the model can be asked. */
  readonly whyUnavailable: (model: string) => Fault;
  readonly bytesMax: number;
  readonly log: Log;
};

/** A gigabyte at half a megabyte a second. */
const UPLOAD_MS_MAX = 30 * 60_000;
const REMOVE_MS_MAX = 10_000;

/** Adapters of all workers: where they are, and how they get there. */
export class AdapterFleet {
  readonly #options: AdapterFleetOptions;

  constructor(options: AdapterFleetOptions) {
    this.#options = options;
  }

  /** By model and name, each with all reachable workers that have the model. */
  list(): readonly KnownAdapter[] {
    const known = new Map<string, KnownAdapter>();
    for (const { models } of this.#options.workers()) {
      for (const { name: model, adapters } of models) {
        for (const { name } of adapters) known.set(JSON.stringify([model, name]), { model, name, places: this.#places({ model, name }) });
      }
    }
    return [...known.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, adapter]) => adapter);
  }

  /** Takes a file to every worker that has the model. Rejects when none took it, with the first worker's Fault where there is one. */
  async put(adapter: AdapterName, data: AsyncIterable<Uint8Array>): Promise<readonly AdapterOutcome[]> {
    const { bytesMax, log } = this.#options;
    const workers = this.#requireHolders(adapter.model);
    const watched = watchProgress(data, { bytesMax, log, about: { ...adapter, workers: workers.length } });
    const results = await broadcast(
      watched,
      workers.map(
        ({ client }) =>
          (copy) =>
            client.putAdapter(adapter, copy, { deadlineMs: UPLOAD_MS_MAX }),
      ),
    );
    return this.#conclude(workers, results, { adapter, change: 'upload' });
  }

  /** Takes it away from every worker that has it. Rejects when none did, with the first worker's Fault where there is one. */
  async remove(adapter: AdapterName): Promise<readonly AdapterOutcome[]> {
    const workers = this.#requireHolders(adapter.model).filter(({ models }) => statusIn(models, adapter) !== undefined);
    if (workers.length === 0) throw notFound(adapter);
    const results = await Promise.allSettled(workers.map(({ client }) => client.removeAdapter(adapter, { deadlineMs: REMOVE_MS_MAX })));
    return this.#conclude(workers, results, { adapter, change: 'removal' });
  }

  #places(adapter: AdapterName): AdapterPlace[] {
    return this.#holders(adapter.model).map(({ address, models }) => ({ worker: address, status: statusIn(models, adapter) }));
  }

  /** Never empty: without anybody to ask, nothing was changed, and nobody may think that it was. */
  #requireHolders(model: string): readonly AdapterWorker[] {
    this.#options.requireModel(model);
    const workers = this.#holders(model);
    if (workers.length === 0) throw this.#options.whyUnavailable(model);
    return workers;
  }

  /** Also those that do not serve it now: adapters outlive a loaded model, and such a worker says itself what it cannot do. */
  #holders(model: string): AdapterWorker[] {
    return this.#options.workers().filter(({ isReachable, models }) => isReachable && models.some(({ name }) => name === model));
  }

  #conclude(
    workers: readonly AdapterWorker[],
    results: readonly PromiseSettledResult<AdapterStatus__Output>[],
    { adapter, change }: { adapter: AdapterName; change: 'upload' | 'removal' },
  ): readonly AdapterOutcome[] {
    const outcomes = results.map((result, i): AdapterOutcome => {
      const worker = workers[i]?.address ?? '';
      if (result.status === 'fulfilled') return { worker, sizeBytes: result.value.sizeBytes, fault: undefined };
      const fault = toFault(result.reason);
      this.#options.log.warn({ err: fault, worker, ...adapter, change }, 'a worker did not take a change of an adapter');
      return { worker, sizeBytes: 0, fault };
    });
    const [first] = outcomes;
    if (first?.fault && outcomes.every(({ fault }) => fault)) throw first.fault;
    return outcomes;
  }
}

function statusIn(models: readonly ModelStatus__Output[], { model, name }: AdapterName): AdapterStatus__Output | undefined {
  return models.find((known) => known.name === model)?.adapters.find((adapter) => adapter.name === name);
}

function notFound({ model, name }: AdapterName): Fault {
  return new Fault('NOT_FOUND', { message: `No worker has the adapter \`${name}\` of the model \`${model}\`.` });
}
