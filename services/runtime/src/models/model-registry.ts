import type { Clock } from '@sluice/platform/clock';
import { Fault } from '@sluice/platform/fault';
import type { Log } from '@sluice/platform/log';
import type { WorkerStatus } from '@sluice/proto/v1/WorkerStatus';
import type { AdapterBytes, AdapterCatalogue } from '../adapters/adapter-catalogue.ts';
import type { SchedulerObserver } from '../scheduler/observer.ts';
import type { ModelFiles } from './find-files.ts';
import type { LoadedModel, LoadedVectorModel } from './load-model.ts';
import type { Memory, MemoryNeed } from './memory-need.ts';
import { MemoryRoom } from './memory-room.ts';
import { ModelHost } from './model-host.ts';
import type { HostSteps, ModelHostOptions } from './model-host-options.ts';
import type { ModelSettings } from './model-settings.ts';
import type { Ready } from './model-state.ts';

/** What a load is given: its files, and whom to tell how far it is, before it takes memory, and when to stop. */
export type LoadSteps = HostSteps & { readonly files?: ModelFiles; readonly reserve: (need: MemoryNeed) => Promise<void> };
export type FindSteps = Pick<HostSteps, 'signal'> & { readonly onDownload: (fraction: number) => void };

export type ModelRegistryOptions = Pick<ModelHostOptions, 'clock' | 'log' | 'queueLimit' | 'prefillStallMs' | 'onBroken'> & {
  readonly adaptersOf?: (model: string) => AdapterCatalogue | undefined;
  /** No two of one name. */
  readonly models: readonly ModelSettings[];
  /** Downloads a model's files, which may take long and takes no turn. Undefined where they are here, so that loads keep their order. */
  readonly download?: (settings: ModelSettings, steps: FindSteps) => Promise<ModelFiles> | undefined;
  readonly load: (settings: ModelSettings, steps: LoadSteps) => Promise<LoadedModel | LoadedVectorModel>;
  readonly observerOf: (model: string) => SchedulerObserver;
  readonly freeMemory: () => Promise<Memory>;
  /** Main memory that all models may take together. */
  readonly memoryLimitBytes: number;
};

/** How often it is looked for models that are idle, or to be tried again. */
const CHECK_MS = 1_000;
/** The part of a load's progress that a download is, where there is one. */
const DOWNLOAD_SHARE = 0.9;

/** The models of this worker, by name. Loads go one after the other, so that each knows what the one before it took. */
export class ModelRegistry {
  readonly hosts: readonly ModelHost[];
  readonly #options: ModelRegistryOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #room: MemoryRoom;
  #turn: Promise<unknown> = Promise.resolve();
  #isDraining = false;
  #lastLoadMs = -Infinity;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ModelRegistryOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#log = options.log;
    this.hosts = options.models.map(
      (settings) =>
        new ModelHost({
          ...options,
          settings,
          adapters: options.adaptersOf?.(settings.name),
          observer: options.observerOf(settings.name),
          load: (steps) => this.#load(settings, steps),
        }),
    );
    this.#room = new MemoryRoom({ ...options, hosts: this.hosts, limitBytes: options.memoryLimitBytes });
  }

  /** Loads what is to be there from the start; resolves when each of them is ready or has failed. */
  async start(): Promise<void> {
    this.#timer = setInterval(() => this.check(), CHECK_MS).unref();
    await Promise.all(this.hosts.filter(({ settings }) => !settings.isLazy).map((host) => host.start()));
  }

  /** The model that a request names; an empty name means the only one. Throws MODEL_NOT_FOUND. */
  find(name: string): ModelHost {
    const host = name === '' && this.hosts.length === 1 ? this.hosts[0] : this.hosts.find((candidate) => candidate.name === name);
    if (host) return host;
    throw new Fault('MODEL_NOT_FOUND', {
      message:
        name === ''
          ? `This worker has several models, so the request must name one: ${this.hosts.map((candidate) => candidate.name).join(', ')}.`
          : `The model \`${name}\` does not exist or you do not have access to it.`,
      param: 'model',
    });
  }

  /** The running model that a request names, which may have to be woken first. Throws, or rejects with, a Fault. */
  awake(name: string): Ready | Promise<Ready> {
    return this.find(name).awake();
  }

  /** Rejects with INSUFFICIENT_MEMORY where there is no room for an adapter beside the models: none of them sleeps for one. */
  assertRoom(model: string, adapter: AdapterBytes): Promise<void> {
    return this.#room.assertRoom(this.find(model), adapter);
  }

  /** Puts those to sleep that nobody has used for as long as their settings say, and tries again what failed. */
  check(): void {
    for (const host of this.hosts) {
      host.sleepWhenIdle();
      host.retryWhenDue();
    }
  }

  /** What the worker as a whole is, seen from what its models are. */
  get state(): NonNullable<WorkerStatus['state']> {
    if (this.#isDraining) return 'DRAINING';
    if (this.isServing) return 'READY';
    const states = new Set(this.hosts.map((host) => host.status().state));
    return (['LOADING', 'DRAINING', 'UNLOADED'] as const).find((state) => states.has(state)) ?? 'FAILED';
  }

  /** Whether some model takes requests. */
  get isServing(): boolean {
    return this.hosts.some((host) => host.isServing);
  }

  get isBusy(): boolean {
    return this.hosts.some((host) => host.isBusy);
  }

  /** How long the step that has been running longest has not come to an end, leaving out what a load kept it from. */
  get stepAgeMs(): number {
    const ages = this.hosts.map((host) => host.running?.scheduler.stepAgeMs ?? 0);
    // On the CPU loads and steps share one thread, so a step may have to wait for a load that goes on.
    return Math.min(Math.max(0, ...ages), this.#clock.monotonicMs() - this.#lastLoadMs);
  }

  get backendDetails(): string {
    return this.hosts.find((host) => host.backendDetails !== '')?.backendDetails ?? '';
  }

  /** Calls back at every change of state of a model; returns the way to stop. */
  onChange(listener: () => void): () => void {
    const stops = this.hosts.map((host) => host.onChange(listener));
    return () => stops.forEach((stop) => stop());
  }

  /** Refuses new requests from now on; those taken run to their end. */
  drain(): void {
    this.#isDraining = true;
    for (const host of this.hosts) host.drain();
  }

  /** Tells everybody who waits or runs that it failed, without a call of an engine. The process must end after that. */
  abandon(fault: Fault): void {
    this.drain();
    for (const { running } of this.hosts) running?.scheduler.abandon(fault);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const host of this.hosts) await host.close();
  }

  async #load(settings: ModelSettings, { onProgress, signal }: HostSteps): Promise<LoadedModel | LoadedVectorModel> {
    let begin = 0;
    const onDownload = (fraction: number): void => {
      begin = DOWNLOAD_SHARE;
      onProgress(DOWNLOAD_SHARE * fraction);
    };
    const download = this.#options.download?.(settings, { signal, onDownload });
    const files = download && { files: await download };
    const tell = (fraction: number): void => onProgress(begin + (1 - begin) * fraction);
    return this.#inTurn(() =>
      this.#options.load(settings, this.#stepsOf(this.find(settings.name), { ...files, onProgress: tell, signal })),
    );
  }

  #inTurn<Model>(load: () => Promise<Model>): Promise<Model> {
    const loaded = this.#turn.then(load);
    this.#turn = loaded.catch(() => {}).then(() => this.#markLoad());
    return loaded;
  }

  #stepsOf(host: ModelHost, { onProgress, signal, ...steps }: Omit<LoadSteps, 'reserve'>): LoadSteps {
    signal.throwIfAborted();
    this.#markLoad();
    return {
      ...steps,
      signal,
      onProgress: (fraction) => {
        this.#markLoad();
        onProgress(fraction);
      },
      reserve: async (need) => {
        await this.#room.make(host, need, signal);
        this.#markLoad();
        this.#log.info({ model: host.name, ...need }, 'memory planned');
      },
    };
  }

  #markLoad(): void {
    this.#lastLoadMs = this.#clock.monotonicMs();
  }
}
