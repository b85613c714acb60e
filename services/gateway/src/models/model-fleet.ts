import { Fault, toFault } from '@sluice/platform/fault';
import type { Log } from '@sluice/platform/log';
import type { RuntimeClient } from '@sluice/proto/runtime-client';
import type { ModelStatus__Output } from '@sluice/proto/v1/ModelStatus';
import type { WorkerStatus__Output } from '@sluice/proto/v1/WorkerStatus';
import type { WorkerCondition } from '../routing/worker.ts';
import { endOfLoad } from './load-call-client.ts';

/** A worker, by what it last said, and the way to call it. */
export type FleetWorker = {
  readonly address: string;
  readonly condition: WorkerCondition;
  /** Undefined before its first word. */
  readonly status: WorkerStatus__Output | undefined;
  readonly client: Pick<RuntimeClient, 'loadModel' | 'unloadModel' | 'pinModel'>;
};

/** A model as the workers have it. */
export type FleetModel = { readonly name: string; readonly places: readonly ModelPlace[] };
export type ModelPlace = { readonly worker: string; readonly condition: WorkerCondition; readonly status: ModelStatus__Output };

/** What came of a change at one worker: how the model is there by now, or why nothing came of it. */
export type ModelOutcome =
  | { readonly worker: string; readonly before: ModelStatus__Output; readonly status: ModelStatus__Output }
  | { readonly worker: string; readonly fault: Fault };

export type ModelFleetOptions = {
  readonly workers: () => readonly FleetWorker[];
  /** Throws for a model that no worker has, or none has told of yet. */
  readonly requireModel: (model: string) => void;
  readonly log: Log;
};

/** Which model, and on which worker where not on all. */
export type ModelTarget = { readonly model: string; readonly worker: string | undefined };

/** Files of hundreds of gigabytes are read from slow disks. */
const LOAD_MS_MAX = 60 * 60_000;
/** The worker has its own bound on draining, which a call may only make smaller. */
const UNLOAD_MS_MAX = 15 * 60_000;
const PIN_MS_MAX = 10_000;
/** What takes longer goes on by itself, and the answer says how far it is. Whether there is room for a model is known sooner. */
const ANSWER_MS = { load: 1_000, unload: 5_000, pin: 5_000 } as const;

/** The models of all workers: how they are, and how that is changed. */
export class ModelFleet {
  readonly #options: ModelFleetOptions;

  constructor(options: ModelFleetOptions) {
    this.#options = options;
  }

  /** In the order of the configuration. */
  workers(): readonly FleetWorker[] {
    return this.#options.workers();
  }

  /** By name. */
  models(): readonly FleetModel[] {
    const names = new Set(this.workers().flatMap(({ status }) => status?.models.map(({ name }) => name) ?? []));
    return [...names].sort().map((name) => this.#model(name));
  }

  /** Throws MODEL_NOT_FOUND. */
  model(name: string): FleetModel {
    this.#options.requireModel(name);
    return this.#model(name);
  }

  /** Loads it where it is not loaded; an answer comes before the end of that where it takes long. */
  load(target: ModelTarget): Promise<readonly ModelOutcome[]> {
    return this.#change(target, 'load', ({ client }) => endOfLoad(client.loadModel({ model: target.model }, { deadlineMs: LOAD_MS_MAX })));
  }

  /** Drains it and frees its memory; an answer comes before the end of that where it takes long. */
  unload(target: ModelTarget, drainMs: number): Promise<readonly ModelOutcome[]> {
    return this.#change(target, 'unload', ({ client }) =>
      client.unloadModel({ model: target.model, drainMs }, { deadlineMs: UNLOAD_MS_MAX }),
    );
  }

  pin(target: ModelTarget, isPinned: boolean): Promise<readonly ModelOutcome[]> {
    return this.#change(target, 'pin', ({ client }) => client.pinModel({ model: target.model, isPinned }, { deadlineMs: PIN_MS_MAX }));
  }

  #model(name: string): FleetModel {
    const places = this.workers().flatMap(({ address, condition, status }) => {
      const known = modelIn(status, name);
      return known ? [{ worker: address, condition, status: known }] : [];
    });
    return { name, places };
  }

  /** At every worker that has the model, or the one that is named. Rejects with the first worker's Fault when nothing came of it anywhere. */
  async #change(
    { model, worker: only }: ModelTarget,
    change: keyof typeof ANSWER_MS,
    call: (worker: FleetWorker) => Promise<ModelStatus__Output>,
  ): Promise<readonly ModelOutcome[]> {
    this.#options.requireModel(model);
    const workers = this.workers().filter(({ address, status }) => modelIn(status, model) && (only === undefined || address === only));
    if (workers.length === 0) throw new Fault('NOT_FOUND', { message: `There is no worker '${only}' with this model.`, param: 'worker' });
    const outcomes = await Promise.all(
      workers.map(async (worker): Promise<ModelOutcome> => {
        const before = modelIn(worker.status, model);
        if (!before) throw new Error('the worker had the model');
        try {
          if (worker.condition === 'unreachable') throw new Fault('UPSTREAM_DISCONNECTED', { message: 'The worker cannot be reached.' });
          const done = call(worker);
          const status = (await within(done, ANSWER_MS[change])) ?? this.#now(worker.address, model) ?? before;
          return { worker: worker.address, before, status };
        } catch (error) {
          const fault = toFault(error);
          this.#options.log.warn({ err: fault, worker: worker.address, model, change }, 'a worker did not take a change of a model');
          return { worker: worker.address, fault };
        }
      }),
    );
    const [first] = outcomes;
    if (first && 'fault' in first && outcomes.every((outcome) => 'fault' in outcome)) throw first.fault;
    return outcomes;
  }

  #now(address: string, model: string): ModelStatus__Output | undefined {
    return modelIn(this.workers().find((worker) => worker.address === address)?.status, model);
  }
}

function modelIn(status: WorkerStatus__Output | undefined, model: string): ModelStatus__Output | undefined {
  return status?.models.find(({ name }) => name === model);
}

/** Undefined when it takes longer; it goes on all the same. */
async function within<Value>(work: Promise<Value>, ms: number): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    work.catch(() => {});
    return await Promise.race([work, patience]);
  } finally {
    clearTimeout(timer);
  }
}
