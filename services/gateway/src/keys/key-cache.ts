import type { Clock } from '@sluice/platform/clock';
import { LRUCache } from 'lru-cache';
import { TokenBucket } from '../abuse/token-bucket.ts';
import { withDeadline } from '../with-deadline.ts';
import type { KeySnapshot } from './key-snapshot.ts';
import type { KeyStore } from './key-store.ts';
import { UnreadableKey } from './unreadable-key.ts';

/** About 1 kB an entry. */
const KNOWN_MAX = 20_000;
/** Apart from the known ones, so that made-up ids push no real key out. */
const ABSENT_MAX = 20_000;
/** How long a change may take to be seen where nobody asks for the epoch. */
const FRESH_MS = 30_000;
/** Whoever would be refused may have been let in since. Above this age the store is asked, so a key costs it no more than one read a second. */
const REFUSABLE_MS = 1_000;
/** A key made a moment after somebody guessed its id must not be refused for long. */
const ABSENT_MS = 5_000;
/** Apart again; there should be none. */
const UNREADABLE_MAX = 1_000;
/** Whoever mends such a key waits no longer for it to work. */
const UNREADABLE_MS = 5_000;
/** While the store is away, known keys go on working, but not for ever: a revoked one must end some day. */
const STALE_MS = 3_600_000;
/** After the store failed once, nobody waits for it again for this long. */
const STORE_PAUSE_MS = 1_000;
/** A store that answers slower than this is as good as away. */
const LOOKUP_DEADLINE_MS = 1_000;
/** Reads that go on at once; the database has 8 connections, and behind these a queue only makes everybody late. */
const READS_MAX = 64;
/** Ids that were never seen here leave room for those that were. */
const UNSEEN_READS_MAX = 48;
/** A start with thousands of clients passes, a flood of made-up ids does not reach the database. */
const UNSEEN_READ_RATE = { burst: 500, perSecond: 100 };

type Entry = { readonly snapshot: KeySnapshot; readonly readAtMs: number };
/** One read of the store, and the one that must follow it. */
type Flight = { readonly lookup: Promise<KeyLookup>; next: Promise<KeyLookup> | undefined };

type CacheOptions = {
  readonly store: KeyStore;
  readonly clock: Clock;
  /** Told once of each key that cannot be read, until it can. */
  readonly onUnreadable: (publicId: string, cause: UnreadableKey) => void;
};

export type KeyLookup =
  | { readonly kind: 'found'; readonly snapshot: KeySnapshot }
  | { readonly kind: 'absent' }
  /** Nobody can say: the store is away or too much is asked of it, and this key was not seen lately; or it cannot be read. */
  | { readonly kind: 'unavailable'; readonly cause: unknown };

type Unavailable = Extract<KeyLookup, { kind: 'unavailable' }>;

const ABSENT: KeyLookup = { kind: 'absent' };

/** Key snapshots in memory, in front of the store. */
export class KeyCache {
  readonly #store: KeyStore;
  readonly #clock: Clock;
  readonly #known = new LRUCache<string, Entry>({ max: KNOWN_MAX });
  /** When the store was asked for an id that it does not have. */
  readonly #absent = new LRUCache<string, number>({ max: ABSENT_MAX });
  /** Keys that the store has and nobody can read. */
  readonly #unreadable = new LRUCache<string, { readonly lookup: KeyLookup; readonly readAtMs: number }>({ max: UNREADABLE_MAX });
  readonly #onUnreadable: (publicId: string, cause: UnreadableKey) => void;
  readonly #flights = new Map<string, Flight>();
  readonly #unseenReads: TokenBucket;
  /** What the last read failed with; undefined after one that succeeded. */
  #failure: { readonly cause: unknown; readonly atMs: number } | undefined;
  #hasAnswered = false;

  constructor(options: CacheOptions) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#onUnreadable = options.onUnreadable;
    this.#unseenReads = new TokenBucket(UNSEEN_READ_RATE, options.clock);
  }

  /** Whether the store has answered at least once. */
  get isReady(): boolean {
    return this.#hasAnswered;
  }

  /** Whether the key was found here lately: it costs no lookup to tell. */
  knows(publicId: string): boolean {
    return this.#known.has(publicId);
  }

  /** Answers at once from memory where it can, so that a known key costs not even a promise. */
  lookup(publicId: string): KeyLookup | Promise<KeyLookup> {
    const entry = this.#known.get(publicId);
    if (entry) return this.#lookupKnown(publicId, entry);
    const absentAtMs = this.#absent.get(publicId);
    if (absentAtMs !== undefined && this.#ageMs(absentAtMs) < ABSENT_MS) return ABSENT;
    const unreadable = this.#unreadable.get(publicId);
    if (unreadable && this.#ageMs(unreadable.readAtMs) < UNREADABLE_MS) return unreadable.lookup;
    const flight = this.#flights.get(publicId);
    if (flight) return flight.lookup;
    const refusal = this.#refusal(UNSEEN_READS_MAX);
    if (refusal) return refusal;
    if (!this.#unseenReads.take()) return unavailable(new Error('too many unknown keys were looked up'));
    return this.#fly(publicId).lookup;
  }

  /** The key as the store has it, read after this call began, by one read however many ask. While the store is away: `unavailable`, and what was known stays so. */
  reload(publicId: string): Promise<KeyLookup> {
    const flight = this.#flights.get(publicId);
    if (!flight) return Promise.resolve(this.#refusal() ?? this.#fly(publicId).lookup);
    // That read may have begun before the change which makes somebody ask.
    flight.next ??= flight.lookup.then(() => this.#refusal() ?? this.#fly(publicId).lookup);
    return flight.next;
  }

  /** For whoever would be refused by what is known: the key read anew, or what is known of it when that failed. Undefined when it was read within the last second, or the store is not to be asked now. */
  renew(publicId: string): Promise<KeyLookup> | undefined {
    const entry = this.#known.get(publicId);
    if (!entry || this.#ageMs(entry.readAtMs) < REFUSABLE_MS || this.#failure || this.#refusal()) return undefined;
    return this.#readOr({ kind: 'found', snapshot: entry.snapshot }, publicId);
  }

  /** Forgets the key, so that the next lookup reads it. A read that is under way is not kept. */
  drop(publicId: string): void {
    this.#known.delete(publicId);
    this.#absent.delete(publicId);
    this.#unreadable.delete(publicId);
    this.#flights.delete(publicId);
  }

  #lookupKnown(publicId: string, entry: Entry): KeyLookup | Promise<KeyLookup> {
    const known: KeyLookup = { kind: 'found', snapshot: entry.snapshot };
    const ageMs = this.#ageMs(entry.readAtMs);
    if (ageMs < FRESH_MS) return known;
    const isUsable = ageMs < STALE_MS;
    const refusal = this.#refusal();
    if (refusal) return isUsable ? known : refusal;
    if (!isUsable) return this.#share(publicId);
    const read = this.#readOr(known, publicId);
    // A store that failed may hang the next time: nobody who can do without it waits to find out.
    return this.#failure ? known : read;
  }

  async #readOr(known: KeyLookup, publicId: string): Promise<KeyLookup> {
    const read = await this.#share(publicId);
    return isOutage(read) ? known : read;
  }

  /** The read that is under way, or one that begins now. */
  #share(publicId: string): Promise<KeyLookup> {
    return (this.#flights.get(publicId) ?? this.#fly(publicId)).lookup;
  }

  /** Undefined when the store may be asked now. */
  #refusal(readsMax = READS_MAX): KeyLookup | undefined {
    if (this.#failure && this.#ageMs(this.#failure.atMs) < STORE_PAUSE_MS) return unavailable(this.#failure.cause);
    return this.#flights.size >= readsMax ? unavailable(new Error(`${readsMax} keys are being looked up`)) : undefined;
  }

  #fly(publicId: string): Flight {
    const askedAtMs = this.#clock.monotonicMs();
    const lookup = this.#read(publicId).then((answer) => {
      // Not after a drop: that read may have begun before the change.
      if (this.#flights.get(publicId) === flight) this.#keep(publicId, answer, askedAtMs);
      return answer;
    });
    const flight: Flight = { lookup, next: undefined };
    this.#flights.set(publicId, flight);
    return flight;
  }

  async #read(publicId: string): Promise<KeyLookup> {
    try {
      const snapshot = await withDeadline(this.#store.findByPublicId(publicId), LOOKUP_DEADLINE_MS, 'the key store');
      this.#noteAnswer();
      return snapshot ? { kind: 'found', snapshot } : ABSENT;
    } catch (error) {
      if (error instanceof UnreadableKey) this.#noteAnswer();
      else this.#failure = { cause: error, atMs: this.#clock.monotonicMs() };
      return unavailable(error);
    }
  }

  #noteAnswer(): void {
    this.#failure = undefined;
    this.#hasAnswered = true;
  }

  #keep(publicId: string, answer: KeyLookup, readAtMs: number): void {
    this.#flights.delete(publicId);
    if (answer.kind === 'unavailable') return this.#keepUnreadable(publicId, answer, readAtMs);
    this.#unreadable.delete(publicId);
    if (answer.kind === 'found') {
      this.#absent.delete(publicId);
      this.#known.set(publicId, { snapshot: answer.snapshot, readAtMs });
    } else {
      this.#known.delete(publicId);
      this.#absent.set(publicId, readAtMs);
    }
  }

  /** What was known of the key does not count any more: that it may have been revoked is among what nobody can read. */
  #keepUnreadable(publicId: string, lookup: Unavailable, readAtMs: number): void {
    if (!(lookup.cause instanceof UnreadableKey)) return;
    if (!this.#unreadable.has(publicId)) this.#onUnreadable(publicId, lookup.cause);
    this.#known.delete(publicId);
    this.#absent.delete(publicId);
    this.#unreadable.set(publicId, { lookup, readAtMs });
  }

  #ageMs(atMs: number): number {
    return this.#clock.monotonicMs() - atMs;
  }
}

function unavailable(cause: unknown): Unavailable {
  return { kind: 'unavailable', cause };
}

/** Whether it says nothing of the key itself. */
function isOutage(lookup: KeyLookup): boolean {
  return lookup.kind === 'unavailable' && !(lookup.cause instanceof UnreadableKey);
}
