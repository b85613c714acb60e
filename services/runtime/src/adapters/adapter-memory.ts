import { Fault } from '@sluice/platform/fault';
import type { Log } from '@sluice/platform/log';
import type { Adapter, Engine } from '../engine/engine.ts';
import { LoadedAdapter } from './loaded-adapter.ts';

/** A request's hold on an adapter, which stays in memory until it is given back. */
export type AdapterLease = { readonly adapter: Adapter; readonly release: () => void };

export type AdapterMemoryOptions = {
  readonly engine: Pick<Engine, 'unloadAdapter'>;
  readonly loadedMax: number;
  readonly log: Log;
  readonly onChange: () => void;
};

/** Which adapters one engine holds. The least recently used one makes room for another; one that is in use never does. */
export class AdapterMemory {
  readonly #options: AdapterMemoryOptions;
  readonly #loaded = new Set<LoadedAdapter>();
  #uses = 0;

  constructor(options: AdapterMemoryOptions) {
    this.#options = options;
  }

  /** Begins a load. Throws SERVER_OVERLOADED when all that could make room are in use. */
  begin(name: string, load: () => Promise<Adapter>): LoadedAdapter {
    this.#makeRoom();
    const loaded = new LoadedAdapter(name, load());
    this.#loaded.add(loaded);
    loaded.adapter.then(
      () => this.#options.onChange(),
      () => {
        this.#loaded.delete(loaded);
        this.#options.onChange();
      },
    );
    return loaded;
  }

  /** Waits for the load, no longer than the signal allows. Rejects as the load does, or as the signal says. */
  async lease(loaded: LoadedAdapter, signal: AbortSignal): Promise<AdapterLease> {
    loaded.take(++this.#uses);
    try {
      const adapter = await until(loaded.adapter, signal);
      let isReleased = false;
      return {
        adapter,
        release: () => {
          if (isReleased) return;
          isReleased = true;
          this.#giveBack(loaded);
        },
      };
    } catch (error) {
      this.#giveBack(loaded);
      throw error;
    }
  }

  /** Gives it to nobody new; it is freed once nobody uses it. */
  retire(loaded: LoadedAdapter): void {
    loaded.retire();
    this.#freeWhereUnused(loaded);
  }

  /** The engine is going, and everything with it. */
  clear(): void {
    this.#loaded.clear();
  }

  #giveBack(loaded: LoadedAdapter): void {
    loaded.giveBack();
    if (loaded.isRetired) this.#freeWhereUnused(loaded);
  }

  #makeRoom(): void {
    while (this.#loaded.size >= this.#options.loadedMax) {
      const [oldest] = [...this.#loaded].filter(({ users }) => users === 0).sort((a, b) => a.lastUse - b.lastUse);
      if (!oldest) {
        throw new Fault('SERVER_OVERLOADED', {
          message: `All ${this.#options.loadedMax} adapters that this worker may hold at once are in use. Please retry in a moment.`,
        });
      }
      oldest.retire();
      this.#freeWhereUnused(oldest);
    }
  }

  #freeWhereUnused(loaded: LoadedAdapter): void {
    if (loaded.users > 0 || !this.#loaded.delete(loaded)) return;
    const { engine, log, onChange } = this.#options;
    loaded.adapter
      .then((adapter) => engine.unloadAdapter(adapter))
      .then(onChange)
      .catch((error: unknown) => {
        // A load that failed has nothing to free, and has told those who waited for it.
        if (loaded.isReady) log.error({ err: error, adapter: loaded.name }, 'an adapter could not be freed');
      });
  }
}

function until<Result>(result: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    result.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
