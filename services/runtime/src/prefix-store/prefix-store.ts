import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Adapter, Engine } from '../engine/engine.ts';
import { commonLength, type SequenceTokens } from '../scheduler/sequence-tokens.ts';
import { removeLeftovers, STORE_NAME } from './leftovers.ts';

export type PrefixStoreOptions = {
  readonly engine: Pick<Engine, 'save' | 'load'>;
  /** A folder in memory, such as /dev/shm. */
  readonly folder: string;
  readonly bytesMax: number;
};

export type StoredPrefix = { readonly path: string; readonly tokens: SequenceTokens; readonly bytes: number };

/**
 * KV caches of prompts that had to leave their slots, as files in memory: reading one back takes a fraction of reading its
 * prompt anew. Bounded; what was used longest ago goes first. Calls must not overlap with steps of the engine.
 */
export class PrefixStore {
  readonly #engine: Pick<Engine, 'save' | 'load'>;
  readonly #folder: string;
  readonly #bytesMax: number;
  /** In order of use. */
  readonly #entries = new Set<StoredPrefix>();
  #bytes = 0;
  #count = 0;

  private constructor(options: PrefixStoreOptions) {
    this.#engine = options.engine;
    this.#folder = options.folder;
    this.#bytesMax = options.bytesMax;
  }

  /** Makes a folder of its own that nobody else may read: what is in it tells what was asked. Removes those of processes that died. */
  static async open(options: PrefixStoreOptions): Promise<PrefixStore> {
    await removeLeftovers(options.folder);
    return new PrefixStore({ ...options, folder: await mkdtemp(join(options.folder, `${STORE_NAME}${process.pid}-`)) });
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The gateway's names for what is stored, a list for each entry, the one used last first. */
  digests(): (readonly number[])[] {
    return [...this.#entries].toReversed().map(({ tokens }) => tokens.digests);
  }

  /** What is stored of a prompt's beginning, where it is longest. */
  find(ids: Uint32Array, adapter: Adapter | undefined): { readonly entry: StoredPrefix; readonly length: number } | undefined {
    let best: { entry: StoredPrefix; length: number } | undefined;
    for (const entry of this.#entries) {
      if (entry.tokens.adapter !== adapter) continue;
      const length = commonLength(entry.tokens.ids, ids);
      if (length > (best?.length ?? 0)) best = { entry, length };
    }
    return best;
  }

  /** Stores what a slot holds, unless it is there already. What does not fit is not stored. */
  async keep(slot: number, tokens: SequenceTokens): Promise<void> {
    const known = this.find(tokens.ids, tokens.adapter);
    if (known && known.length === tokens.ids.length) return this.#touch(known.entry);
    const path = join(this.#folder, `${this.#count++}.kv`);
    // Without room in memory it is as if there were no store.
    const bytes = await this.#engine.save(slot, path, tokens.ids).catch(() => Infinity);
    if (bytes > this.#bytesMax) return rm(path, { force: true });
    this.#entries.add({ path, tokens, bytes });
    this.#bytes += bytes;
    // The shorter one says nothing that the longer one does not.
    if (known && known.length === known.entry.tokens.ids.length) await this.#remove(known.entry);
    for (const entry of this.#entries) {
      if (this.#bytes <= this.#bytesMax) break;
      await this.#remove(entry);
    }
  }

  /** Puts a stored beginning into a slot, whatever it held before. False where that failed: the slot is in no known state then. */
  async restore(entry: StoredPrefix, slot: number): Promise<boolean> {
    try {
      await this.#engine.load(entry.path, slot);
      this.#touch(entry);
      return true;
    } catch {
      // Somebody emptied the folder, or the file is broken; without it the prompt is read anew.
      await this.#remove(entry);
      return false;
    }
  }

  async close(): Promise<void> {
    this.#entries.clear();
    this.#bytes = 0;
    await rm(this.#folder, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #touch(entry: StoredPrefix): void {
    this.#entries.delete(entry);
    this.#entries.add(entry);
  }

  async #remove(entry: StoredPrefix): Promise<void> {
    if (this.#entries.delete(entry)) this.#bytes -= entry.bytes;
    await rm(entry.path, { force: true });
  }
}
