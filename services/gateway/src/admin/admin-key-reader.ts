import type { Clock } from '@sluice/platform/clock';
import { LRUCache } from 'lru-cache';
import { TokenBucket } from '../abuse/token-bucket.ts';
import type { AdminKeyLookupStore, AdminKeyRecord } from './admin-key-lookup-store.ts';

/** Installations have tens of admin keys, so this is all of them. */
const KNOWN_MAX = 1_000;
/** Apart from the known ones, so that made-up ids push no real key out. */
const ABSENT_MAX = 10_000;
const ABSENT_MS = 5_000;
/** A flood of made-up ids does not reach the database. */
const UNSEEN_READ_RATE = { burst: 200, perSecond: 20 };
/** Reads that go on at once; administration has 4 connections. */
const READS_MAX = 16;

export type AdminKeyReading =
  | { readonly kind: 'found'; readonly key: AdminKeyRecord }
  | { readonly kind: 'absent' }
  /** Nobody can say: too much is asked of the store. */
  | { readonly kind: 'unavailable' };

/** Admin keys in front of their store. A key that exists is read anew each time; only that there is none is remembered. */
export class AdminKeyReader {
  readonly #store: Pick<AdminKeyLookupStore, 'find'>;
  readonly #clock: Clock;
  readonly #known = new LRUCache<string, true>({ max: KNOWN_MAX });
  /** When the store was asked for an id that it does not have. */
  readonly #absent = new LRUCache<string, number>({ max: ABSENT_MAX });
  readonly #unseenReads: TokenBucket;
  #reads = 0;

  constructor(options: { store: Pick<AdminKeyLookupStore, 'find'>; clock: Clock }) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#unseenReads = new TokenBucket(UNSEEN_READ_RATE, options.clock);
  }

  /** Whether the key was there when it was looked up last. */
  knows(publicId: string): boolean {
    return this.#known.has(publicId);
  }

  /** Rejects when the store does. */
  async read(publicId: string): Promise<AdminKeyReading> {
    const absentAtMs = this.#absent.get(publicId);
    if (absentAtMs !== undefined && this.#clock.monotonicMs() - absentAtMs < ABSENT_MS) return { kind: 'absent' };
    if (this.#reads >= READS_MAX) return { kind: 'unavailable' };
    if (!this.#known.has(publicId) && !this.#unseenReads.take()) return { kind: 'unavailable' };
    this.#reads += 1;
    try {
      const key = await this.#store.find(publicId);
      if (key) this.#known.set(publicId, true);
      else this.#forget(publicId);
      return key ? { kind: 'found', key } : { kind: 'absent' };
    } finally {
      this.#reads -= 1;
    }
  }

  #forget(publicId: string): void {
    this.#known.delete(publicId);
    this.#absent.set(publicId, this.#clock.monotonicMs());
  }
}
