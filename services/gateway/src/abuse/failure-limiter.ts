import type { Clock } from '@sluice/platform/clock';
import { LRUCache } from 'lru-cache';
import { groupOf } from './address-group.ts';
import { TokenBucket, type BucketSize } from './token-bucket.ts';

/** About 200 bytes each. Whoever has more addresses than this meets the bound on lookups next. */
const ADDRESSES_MAX = 10_000;
/** A whole building with a wrong key in its configuration notices; a guesser gets nowhere. */
const FAILURES: BucketSize = { burst: 60, perSecond: 1 };

/** Counts failures by the address they come from, in memory. */
export class FailureLimiter {
  readonly #size: BucketSize;
  readonly #clock: Clock;
  readonly #buckets = new LRUCache<string, TokenBucket>({ max: ADDRESSES_MAX });

  constructor(options: { clock: Clock; size?: BucketSize }) {
    this.#clock = options.clock;
    this.#size = options.size ?? FAILURES;
  }

  /** How long nothing more is tried for the address; 0 while it may. An address without failures costs one look into a map. */
  waitMs(clientIp: string): number {
    if (this.#buckets.size === 0) return 0;
    return this.#buckets.get(groupOf(clientIp))?.waitMs ?? 0;
  }

  note(clientIp: string): void {
    const group = groupOf(clientIp);
    const bucket = this.#buckets.get(group) ?? new TokenBucket(this.#size, this.#clock);
    bucket.take();
    this.#buckets.set(group, bucket);
  }
}
