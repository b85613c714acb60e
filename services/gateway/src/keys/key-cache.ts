import type { Clock } from '@sluice/platform/clock';
import { LRUCache } from 'lru-cache';
import type { KeySnapshot } from './key-snapshot.ts';
import type { KeyStore } from './key-store.ts';

/** About 0.5 kB an entry. */
const ENTRIES_MAX = 20_000;
/** How long a revocation may take to be seen here. */
const FRESH_MS = 30_000;
/** A key made a moment after somebody guessed its id must not be refused for long. */
const ABSENT_MS = 5_000;
/** While the store is away, known keys go on working, but not for ever: a revoked one must end some day. */
const STALE_MS = 3_600_000;
/** After the store failed once, nobody waits for it again for this long. */
const STORE_PAUSE_MS = 1_000;
/** A store that answers slower than this is as good as away. */
const LOOKUP_DEADLINE_MS = 2_000;

type Entry = { readonly snapshot: KeySnapshot | undefined; readonly readAtMs: number };

export type KeyLookup =
  | { readonly kind: 'found'; readonly snapshot: KeySnapshot }
  | { readonly kind: 'absent' }
  /** The store is away and this key was not seen lately. */
  | { readonly kind: 'unavailable'; readonly cause: unknown };

/** Key snapshots in memory, in front of the store. */
export class KeyCache {
  readonly #store: KeyStore;
  readonly #clock: Clock;
  readonly #entries = new LRUCache<string, Entry>({ max: ENTRIES_MAX });
  readonly #loading = new Map<string, Promise<KeyLookup>>();
  #pausedUntilMs = -Infinity;
  #pauseCause: unknown;
  #hasAnswered = false;

  constructor(options: { store: KeyStore; clock: Clock }) {
    this.#store = options.store;
    this.#clock = options.clock;
  }

  /** Whether the store has answered at least once. */
  get isReady(): boolean {
    return this.#hasAnswered;
  }

  /** Answers at once from memory where it can, so that a known key costs not even a promise. */
  lookup(publicId: string): KeyLookup | Promise<KeyLookup> {
    const entry = this.#entries.get(publicId);
    if (entry && this.#ageMs(entry) < (entry.snapshot ? FRESH_MS : ABSENT_MS)) return toLookup(entry);
    if (this.#clock.monotonicMs() < this.#pausedUntilMs) return this.#withoutStore(publicId, this.#pauseCause);
    return this.#loading.get(publicId) ?? this.#loadOnce(publicId);
  }

  /** Everybody who asks for a key while it is being read waits for the same answer. */
  #loadOnce(publicId: string): Promise<KeyLookup> {
    const loading = this.#load(publicId).finally(() => this.#loading.delete(publicId));
    this.#loading.set(publicId, loading);
    return loading;
  }

  async #load(publicId: string): Promise<KeyLookup> {
    try {
      const snapshot = await withDeadline(this.#store.findByPublicId(publicId), LOOKUP_DEADLINE_MS);
      const entry = { snapshot, readAtMs: this.#clock.monotonicMs() };
      this.#entries.set(publicId, entry);
      this.#hasAnswered = true;
      return toLookup(entry);
    } catch (error) {
      this.#pausedUntilMs = this.#clock.monotonicMs() + STORE_PAUSE_MS;
      this.#pauseCause = error;
      return this.#withoutStore(publicId, error);
    }
  }

  #withoutStore(publicId: string, cause: unknown): KeyLookup {
    const entry = this.#entries.get(publicId);
    return entry?.snapshot && this.#ageMs(entry) < STALE_MS ? { kind: 'found', snapshot: entry.snapshot } : { kind: 'unavailable', cause };
  }

  #ageMs(entry: Entry): number {
    return this.#clock.monotonicMs() - entry.readAtMs;
  }
}

function toLookup({ snapshot }: Entry): KeyLookup {
  return snapshot ? { kind: 'found', snapshot } : { kind: 'absent' };
}

function withDeadline<T>(promise: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the key store did not answer within ${ms} ms`)), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
