import type { Clock } from '@sluice/platform/clock';
import { Fault } from '@sluice/platform/fault';
import type { Log } from '@sluice/platform/log';
import type { WorkerStatus } from '@sluice/proto/v1/WorkerStatus';
import type { AdapterCatalogue } from '../adapters/adapter-catalogue.ts';
import type { SchedulerObserver } from '../scheduler/observer.ts';
import type { LoadedModel, LoadedVectorModel } from './load-model.ts';
import type { Memory, MemoryNeed } from './memory-need.ts';
import { MemoryRoom } from './memory-room.ts';
import { ModelHost, type ModelHostOptions } from './model-host.ts';
import type { ModelSettings } from './model-settings.ts';
import type { Ready } from './model-state.ts';

/** Called as the load goes on: how far it is, and before it takes memory. */
export type LoadSteps = { readonly onProgress: (fraction: number) => void; readonly reserve: (need: MemoryNeed) => Promise<void> };

export type ModelRegistryOptions = Pick<ModelHostOptions, 'clock' | 'log' | 'queueLimit' | 'prefillStallMs' | 'onBroken'> & {
  readonly adaptersOf?: (model: string) => AdapterCatalogue | undefined;
  /** No two of one name. */
  readonly models: readonly ModelSettings[];
  readonly load: (settings: ModelSettings, steps: LoadSteps) => Promise<LoadedModel | LoadedVectorModel>;
  readonly observerOf: (model: string) => SchedulerObserver;
  readonly freeMemory: () => Promise<Memory>;
  /** Main memory that all models may take together. */
  readonly memoryLimitBytes: number;
};

/** How often idle models are looked for. */
const IDLE_CHECK_MS = 1_000;

/** The models of this worker, by name. Loads go one after the other, so that each knows what the one before it took. */
export class ModelRegistry {
  readonly hosts: readonly ModelHost[];
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #room: MemoryRoom;
  #turn: Promise<unknown> = Promise.resolve();
  #isDraining = false;
  #lastLoadMs = -Infinity;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ModelRegistryOptions) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.hosts = options.models.map(
      (settings) =>
        new ModelHost({
          ...options,
          settings,
          adapters: options.adaptersOf?.(settings.name),
          observer: options.observerOf(settings.name),
          load: (onProgress) => this.#inTurn(settings.name, (host) => options.load(settings, this.#stepsOf(host, onProgress))),
        }),
    );
    this.#room = new MemoryRoom({ ...options, hosts: this.hosts, limitBytes: options.memoryLimitBytes });
  }

  /** Loads what is to be there from the start; resolves when each of them is ready or has failed. */
  async start(): Promise<void> {
    this.#timer = setInterval(() => this.checkIdle(), IDLE_CHECK_MS).unref();
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

  /** Puts those to sleep that nobody has used for as long as their settings say. */
  checkIdle(): void {
    for (const host of this.hosts) host.sleepWhenIdle();
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
    for (const { running } of this.hosts) if (running?.task === 'generate') running.scheduler.abandon(fault);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const host of this.hosts) await host.close();
  }

  #inTurn<Model>(name: string, load: (host: ModelHost) => Promise<Model>): Promise<Model> {
    const loaded = this.#turn.then(() => load(this.find(name)));
    this.#turn = loaded.catch(() => {}).then(() => this.#markLoad());
    return loaded;
  }

  #stepsOf(host: ModelHost, onProgress: (fraction: number) => void): LoadSteps {
    this.#markLoad();
    return {
      onProgress: (fraction) => {
        this.#markLoad();
        onProgress(fraction);
      },
      reserve: async (need) => {
        await this.#room.make(host, need);
        this.#markLoad();
        this.#log.info({ model: host.name, ...need }, 'memory planned');
      },
    };
  }

  #markLoad(): void {
    this.#lastLoadMs = this.#clock.monotonicMs();
  }
}
