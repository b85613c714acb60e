import type { Clock } from '@sluice/platform/clock';
import { Fault } from '@sluice/platform/fault';
import type { RuntimeClient } from '@sluice/proto/runtime-client';
import type { ProfileStatus__Output } from '@sluice/proto/v1/ProfileStatus';
import type { AskedModel } from '../keys/asked-model.ts';
import { SessionClient } from '../inference/session-client.ts';
import { chooseWorker, type Target } from './choose-worker.ts';
import { watchStatus } from './status-watch-client.ts';
import { wrongTask, type Task } from './task.ts';
import { hasAdapter, takesRequests, Worker, type WorkerCondition } from './worker.ts';

export type KnownModel = {
  readonly name: string;
  readonly createdUnixS: number;
  readonly contextTokensMax: number;
  /** What it is for; empty while nobody knows. */
  readonly tasks: readonly string[];
  /** Whether a worker takes requests for it right now. */
  readonly isReady: boolean;
  readonly profiles: readonly ProfileStatus__Output[];
  /** Sorted by name. */
  readonly adapters: readonly KnownAdapter[];
};

export type KnownAdapter = {
  readonly name: string;
  /** Whether a worker takes requests for it right now. */
  readonly isReady: boolean;
};

/** The workers named in the configuration, what they serve and which one is free. */
export class WorkerPool {
  readonly #clients: readonly RuntimeClient[];
  readonly #workers: readonly Worker[];
  readonly #onCondition: (address: string, condition: WorkerCondition) => void;
  readonly #changed = new Set<() => void>();
  #stopWatching: (() => void)[] = [];

  /** `onCondition` is told of every change that a worker reports, and of its loss. */
  constructor(options: {
    clients: readonly RuntimeClient[];
    clock: Clock;
    onCondition: (address: string, condition: WorkerCondition) => void;
  }) {
    this.#onCondition = options.onCondition;
    this.#clients = options.clients;
    this.#workers = options.clients.map(
      (client) => new Worker({ address: client.address, session: new SessionClient(client), clock: options.clock }),
    );
  }

  get workers(): readonly Worker[] {
    return this.#workers;
  }

  /** The workers with the way to call them, and whether they answer. */
  get connections(): readonly { readonly worker: Worker; readonly client: RuntimeClient }[] {
    return this.#workers.flatMap((worker, i) => {
      const client = this.#clients[i];
      return client ? [{ worker, client }] : [];
    });
  }

  start(): void {
    this.#stopWatching = this.#workers.flatMap((worker, i) => {
      const client = this.#clients[i];
      return client ? [this.#watch(worker, client)] : [];
    });
  }

  #watch(worker: Worker, client: RuntimeClient): () => void {
    let known: WorkerCondition | undefined;
    const tellChange = (): void => {
      if (worker.condition !== known) this.#onCondition(worker.address, worker.condition);
      known = worker.condition;
    };
    return watchStatus({
      client,
      onStatus: (status) => {
        worker.report(status);
        tellChange();
        for (const notify of this.#changed) notify();
      },
      onLost: () => {
        worker.markUnreachable();
        tellChange();
      },
    });
  }

  close(): void {
    for (const stop of this.#stopWatching) stop();
    for (const worker of this.#workers) worker.session.close();
    for (const client of this.#clients) client.close();
  }

  /** How to ask a worker of this pool for what it answers in one piece. */
  callsOf(worker: Worker): RuntimeClient {
    const client = this.#clients[this.#workers.indexOf(worker)];
    if (client) return client;
    throw new RangeError(`the worker ${worker.address} is of another pool`);
  }

  get isReady(): boolean {
    return this.#workers.some((worker) => worker.condition === 'ready');
  }

  /** Every model that some worker has named since the gateway started, sorted by name. */
  models(): readonly KnownModel[] {
    const models = new Map<string, KnownModel>();
    for (const worker of this.#workers) {
      for (const { name, createdUnixS, profiles } of worker.models) {
        const contextTokensMax = this.contextTokensOf(name);
        const isReady = worker.serves(name) || models.get(name)?.isReady === true;
        models.set(name, {
          name,
          createdUnixS,
          contextTokensMax,
          tasks: this.#tasksOf(name),
          isReady,
          profiles,
          adapters: this.#adaptersOf(name),
        });
      }
    }
    return [...models.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  #adaptersOf(model: string): readonly KnownAdapter[] {
    const names = new Set<string>();
    for (const worker of this.#workers)
      for (const known of worker.models) if (known.name === model) for (const { name } of known.adapters) names.add(name);
    return [...names].sort().map((name) => ({ name, isReady: this.#workers.some((worker) => worker.serves(model, name)) }));
  }

  knows(model: string, adapter = ''): boolean {
    return this.#workers.some((worker) => worker.models.some((known) => known.name === model && hasAdapter(known, adapter)));
  }

  /**
   * What a name means. Names of models may hold colons, so `base:adapter` is an adapter only where no model has that name
   * and a worker has the adapter for a model whose name stands before it. What nobody knows is taken as a model's name.
   */
  resolve(name: string): AskedModel {
    if (this.knows(name)) return { model: name, adapter: '' };
    for (const worker of this.#workers) {
      for (const known of worker.models) {
        const adapter = name.startsWith(`${known.name}:`) ? name.slice(known.name.length + 1) : '';
        if (adapter !== '' && hasAdapter(known, adapter)) return { model: known.name, adapter };
      }
    }
    return { model: name, adapter: '' };
  }

  /** Tokens that a sequence of the model holds; 0 where no worker has told. */
  contextTokensOf(model: string): number {
    for (const worker of this.#workers) {
      // Where the model was never loaded, the worker may not know it yet.
      for (const known of worker.models) if (known.name === model && known.contextTokensMax > 0) return known.contextTokensMax;
    }
    return 0;
  }

  /** Slots of the workers that take requests, and what waits for them, by their last status. */
  load(): { readonly slots: number; readonly queued: number } {
    let slots = 0;
    let queued = 0;
    for (const worker of this.#workers) {
      if (worker.condition !== 'ready') continue;
      for (const model of worker.models) {
        if (!takesRequests(model)) continue;
        slots += model.slotsTotal;
        queued += model.queueDepth;
      }
    }
    return { slots, queued };
  }

  /** The best worker for a request, leaving out some; undefined when none takes requests. */
  choose(target: Target, except: ReadonlySet<Worker>): Worker | undefined {
    const candidates = except.size === 0 ? this.#workers : this.#workers.filter((worker) => !except.has(worker));
    return chooseWorker(candidates, target);
  }

  /** Waits until a worker takes such requests; undefined when none did in time. */
  async chooseWithin(
    target: Target,
    options: { except: ReadonlySet<Worker>; withinMs: number; signal: AbortSignal },
  ): Promise<Worker | undefined> {
    const found = this.choose(target, options.except);
    if (found || options.signal.aborted) return found;
    return new Promise((resolve) => {
      const finish = (worker: Worker | undefined): void => {
        clearTimeout(timer);
        this.#changed.delete(look);
        options.signal.removeEventListener('abort', giveUp);
        resolve(worker);
      };
      const giveUp = (): void => finish(undefined);
      const look = (): void => {
        const worker = this.choose(target, options.except);
        if (worker) finish(worker);
      };
      const timer = setTimeout(giveUp, options.withinMs);
      this.#changed.add(look);
      options.signal.addEventListener('abort', giveUp);
    });
  }

  /** Why nobody takes requests for a model that is known. */
  whyUnavailable(model: string): Fault {
    const conditions = this.#workers.map((worker) => `${worker.address} ${worker.condition}`).join(', ');
    const isLoading = this.#workers.some(
      ({ condition, models }) =>
        condition === 'loading' || (condition === 'ready' && models.some(({ name, state }) => name === model && state === 'LOADING')),
    );
    if (isLoading)
      return new Fault('MODEL_NOT_READY', {
        message: `The model \`${model}\` is still loading. Please try again in a moment.`,
        internal: conditions,
      });
    return new Fault('NO_WORKER', {
      message: `No inference worker is available for the model \`${model}\`. Please try again in a moment.`,
      internal: conditions,
    });
  }

  /** Throws for a model that is known to be for something else. What nobody knows yet, the worker decides. */
  requireTask(model: string, task: Task): void {
    const tasks = this.#tasksOf(model);
    if (tasks.length > 0 && !tasks.includes(task)) throw wrongTask(model, { wanted: task, tasks });
  }

  #tasksOf(model: string): string[] {
    const tasks = this.#workers.flatMap((worker) => worker.models.filter(({ name }) => name === model).flatMap((known) => known.tasks));
    return [...new Set(tasks)];
  }

  /** Throws for a model, or an adapter of it, that no worker has named. Before any worker has said anything, that cannot be known. */
  requireKnown(model: string, adapter = ''): void {
    if (this.knows(model, adapter)) return;
    if (this.#workers.every((worker) => worker.models.length === 0)) throw this.whyUnavailable(model);
    throw this.knows(model) ? adapterNotFound(model, adapter) : modelNotFound(model);
  }
}

/** One answer for models that nobody has and for those that a key may not use. */
export function modelNotFound(model: string): Fault {
  return new Fault('MODEL_NOT_FOUND', { message: `The model \`${model}\` does not exist or you do not have access to it.` });
}

function adapterNotFound(model: string, adapter: string): Fault {
  return new Fault('MODEL_NOT_FOUND', {
    message: `The model \`${model}\` has no adapter \`${adapter}\`, or you do not have access to it.`,
    param: 'adapter',
  });
}
