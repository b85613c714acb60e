import { stat } from 'node:fs/promises';
import type { Clock } from '@sluice/platform/clock';
import type { Fault } from '@sluice/platform/fault';
import type { Log } from '@sluice/platform/log';
import type { AdapterStatus } from '@sluice/proto/v1/AdapterStatus';
import type { Adapter, Engine } from '../engine/engine.ts';
import type { AdapterFolder } from './adapter-folder.ts';
import { AdapterMemory, type AdapterLease } from './adapter-memory.ts';
import { requireAdapterName } from './adapter-name.ts';
import { isConfigured, notLoaded, tooManyUploaded, unknownAdapter } from './adapter-refusals.ts';
import type { AdapterSettings } from './adapter-settings.ts';
import { checkAdapter, type ModelShape } from './check-adapter.ts';
import type { LoadedAdapter } from './loaded-adapter.ts';

/** Where adapters go: an engine, and what must fit it. */
export type AdapterTarget = { readonly engine: Pick<Engine, 'loadAdapter' | 'unloadAdapter'>; readonly shape: ModelShape };
/** A model that is awake, and stays so until it is given back. */
export type BorrowedTarget = { readonly target: AdapterTarget; readonly giveBack: () => void };

/** What an adapter takes: as much as its file has, which is tensors. */
export type AdapterBytes = { readonly name: string; readonly bytes: number };

export type AdapterCatalogueOptions = {
  readonly model: string;
  readonly configured: readonly AdapterSettings[];
  readonly folder: AdapterFolder;
  /** The file of a source, downloaded where it is a name. */
  readonly locate: (source: string) => Promise<string>;
  /** Rejects with INSUFFICIENT_MEMORY where there is no room for so much beside the models. */
  readonly assertRoom?: (adapter: AdapterBytes) => Promise<void>;
  readonly loadedMax: number;
  readonly uploadBytesMax: number;
  readonly clock: Clock;
  readonly log: Log;
};

type Entry = {
  readonly name: string;
  readonly isConfigured: boolean;
  readonly source: string;
  readonly scale: number;
  /** 0 as long as its file was not seen. */
  sizeBytes: number;
  failure?: { readonly fault: Fault; readonly atMs: number } | undefined;
  loaded?: LoadedAdapter | undefined;
};

/** Every status that a worker sends names all of them. */
const UPLOADED_MAX = 256;
/** A file that does not load is looked at again after this long: a download may have failed, or somebody mends it. */
const RETRY_AFTER_MS = 30_000;

/** The adapters of one model, by name. It outlives the model's engine, which comes and goes with all that was loaded into it. */
export class AdapterCatalogue {
  readonly #options: AdapterCatalogueOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Set<() => void>();
  #held: { readonly engine: AdapterTarget['engine']; readonly memory: AdapterMemory } | undefined;

  private constructor(options: AdapterCatalogueOptions) {
    this.#options = options;
    for (const settings of options.configured) this.#entries.set(settings.name, { ...settings, isConfigured: true, sizeBytes: 0 });
  }

  /** With what the configuration lists, and what was uploaded before. The configuration goes first. */
  static async open(options: AdapterCatalogueOptions): Promise<AdapterCatalogue> {
    const catalogue = new AdapterCatalogue(options);
    for (const entry of catalogue.#entries.values()) entry.sizeBytes = await sizeOf(entry.source);
    for (const { name, path, sizeBytes } of await options.folder.list()) {
      if (!catalogue.#entries.has(name)) catalogue.#entries.set(name, uploaded(name, path, sizeBytes));
    }
    return catalogue;
  }

  /** An adapter for one request, loaded when it is not yet. Throws a Fault when there is none, or it cannot be loaded in time. */
  async acquire(name: string, target: AdapterTarget, signal: AbortSignal): Promise<AdapterLease> {
    const entry = this.#entries.get(name);
    if (!entry) throw unknownAdapter(this.#options.model, name);
    const memory = this.#memoryOf(target.engine);
    entry.loaded = entry.loaded && !entry.loaded.isRetired ? entry.loaded : this.#begin(entry, target, memory);
    return memory.lease(entry.loaded, signal);
  }

  /**
   * Takes a file in under a name, in place of an earlier upload. Requests that run keep what they have. The model is needed
   * only to check the whole file, so nothing is kept awake for as long as an upload takes.
   */
  async put(name: string, data: AsyncIterable<Uint8Array>, borrow: () => Promise<BorrowedTarget>): Promise<AdapterStatus> {
    requireAdapterName(name);
    this.#assertWritable(name);
    const { folder, uploadBytesMax, log, model } = this.#options;
    const stored = await folder.receive({ name, data, bytesMax: uploadBytesMax, check: (path) => this.#prove(path, name, borrow) });
    const old = this.#entries.get(name);
    this.#entries.set(name, uploaded(name, stored.path, stored.sizeBytes));
    if (old?.loaded) this.#held?.memory.retire(old.loaded);
    log.info({ model, adapter: name, sizeBytes: stored.sizeBytes, isReplaced: old !== undefined }, 'adapter stored');
    this.#notify();
    return this.#statusOf(name, this.#held?.engine);
  }

  /** Requests that use it run to their end. */
  async remove(name: string): Promise<AdapterStatus> {
    const entry = this.#entries.get(name);
    if (!entry) throw unknownAdapter(this.#options.model, name);
    this.#assertWritable(name);
    await this.#options.folder.remove(name);
    const status = this.#statusOf(name, this.#held?.engine);
    this.#entries.delete(name);
    if (entry.loaded) this.#held?.memory.retire(entry.loaded);
    this.#options.log.info({ model: this.#options.model, adapter: name }, 'adapter removed');
    this.#notify();
    return status;
  }

  /** As they are for this engine; undefined where the model has none now. */
  status(engine: AdapterTarget['engine'] | undefined): AdapterStatus[] {
    return [...this.#entries.keys()].map((name) => this.#statusOf(name, engine));
  }

  /** What those take that are loaded. */
  get loadedBytes(): number {
    return [...this.#entries.values()].reduce((sum, { loaded, sizeBytes }) => sum + (isThere(loaded) ? sizeBytes : 0), 0);
  }

  /** The engine has gone, and what was loaded into it. */
  forgetLoaded(): void {
    this.#held?.memory.clear();
    this.#held = undefined;
    for (const entry of this.#entries.values()) entry.loaded = undefined;
  }

  /** Calls back when there is more, less or other to tell; returns the way to stop. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What was loaded into an earlier engine went with it. */
  #memoryOf(engine: AdapterTarget['engine']): AdapterMemory {
    if (this.#held?.engine === engine) return this.#held.memory;
    this.forgetLoaded();
    const memory = new AdapterMemory({ ...this.#options, engine, onChange: () => this.#notify() });
    this.#held = { engine, memory };
    return memory;
  }

  #begin(entry: Entry, target: AdapterTarget, memory: AdapterMemory): LoadedAdapter {
    if (entry.failure && this.#isRecent(entry.failure.atMs)) throw entry.failure.fault;
    const loaded = memory.begin(entry.name, () => this.#load(entry, target));
    loaded.adapter.catch(() => {
      if (entry.loaded === loaded) entry.loaded = undefined;
    });
    return loaded;
  }

  async #load(entry: Entry, { engine, shape }: AdapterTarget): Promise<Adapter> {
    const { clock, log, model, locate } = this.#options;
    const startMs = clock.monotonicMs();
    try {
      const path = entry.isConfigured ? await locate(entry.source) : entry.source;
      entry.sizeBytes = await sizeOf(path);
      await checkAdapter(path, entry.name, shape);
      await this.#options.assertRoom?.({ name: entry.name, bytes: entry.sizeBytes });
      const adapter = await engine.loadAdapter({ path, name: entry.name, scale: entry.scale });
      entry.failure = undefined;
      log.info({ model, adapter: entry.name, loadMs: Math.round(clock.monotonicMs() - startMs) }, 'adapter loaded');
      return adapter;
    } catch (error) {
      log.error({ err: error, model, adapter: entry.name }, 'the adapter cannot be loaded');
      const refusal = notLoaded(model, entry.name, error);
      entry.failure = { fault: refusal, atMs: clock.monotonicMs() };
      throw refusal;
    }
  }

  /** Loads a file once and lets it go: what an engine takes while nobody waits for it, it will take again. */
  async #prove(path: string, name: string, borrow: () => Promise<BorrowedTarget>): Promise<void> {
    const { target, giveBack } = await borrow();
    try {
      await checkAdapter(path, name, target.shape);
      await this.#options.assertRoom?.({ name, bytes: await sizeOf(path) });
      await target.engine.unloadAdapter(await target.engine.loadAdapter({ path, name, scale: 1 }));
    } finally {
      giveBack();
    }
  }

  #statusOf(name: string, engine: AdapterTarget['engine'] | undefined): AdapterStatus {
    const entry = this.#entries.get(name);
    if (!entry) throw unknownAdapter(this.#options.model, name);
    const { failure, sizeBytes } = entry;
    const loaded = engine === this.#held?.engine ? entry.loaded : undefined;
    const isUnusable = failure !== undefined && this.#isRecent(failure.atMs);
    return {
      name,
      state: isUnusable ? 'UNUSABLE' : isThere(loaded) ? 'LOADED' : 'AVAILABLE',
      problem: failure?.fault.internal ?? '',
      sizeBytes,
      running: loaded?.users ?? 0,
    };
  }

  #isRecent(atMs: number): boolean {
    return this.#options.clock.monotonicMs() - atMs < RETRY_AFTER_MS;
  }

  #assertWritable(name: string): void {
    if (this.#entries.get(name)?.isConfigured) throw isConfigured(name);
    const uploads = this.#entries.size - this.#options.configured.length;
    if (!this.#entries.has(name) && uploads >= UPLOADED_MAX) throw tooManyUploaded(UPLOADED_MAX);
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

function uploaded(name: string, source: string, sizeBytes: number): Entry {
  return { name, isConfigured: false, source, scale: 1, sizeBytes };
}

function isThere(loaded: LoadedAdapter | undefined): boolean {
  return loaded?.isReady === true && !loaded.isRetired;
}

/** 0 for what is no file here, such as a name to download. */
async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
