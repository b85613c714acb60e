import type { Clock } from '@sluice/platform/clock';
import { Fault } from '@sluice/platform/fault';
import { LRUCache } from 'lru-cache';
import type { BucketState } from '../limits/limiter.ts';
import { TokenBucket } from './token-bucket.ts';

/** About 200 bytes each. Whoever is pushed out begins anew with all that they may do. */
const NAMES_MAX = 10_000;
const MINUTE_S = 60;

/** How often each of many may ask this process for something, whether or not they get it. */
export class RequestRate {
  readonly #what: string;
  readonly #perMinute: number;
  readonly #clock: Clock;
  readonly #buckets = new LRUCache<string, TokenBucket>({ max: NAMES_MAX });

  /** `what` is asked for stands in the refusal. */
  constructor({ what, perMinute, clock }: { what: string; perMinute: number; clock: Clock }) {
    this.#what = what;
    this.#perMinute = perMinute;
    this.#clock = clock;
  }

  /** Counts one request. The fault is there when it is one too many, and then it was not counted: whoever goes on asking waits no longer for it. */
  take(name: string): { readonly state: BucketState; readonly fault: Fault | undefined } {
    const bucket = this.#bucketOf(name);
    const fault = bucket.take() ? undefined : tooMany(this.#what, this.#perMinute, bucket.waitMs);
    return { state: { unit: 'requests', limit: this.#perMinute, remaining: bucket.remaining, resetMs: bucket.fullInMs }, fault };
  }

  #bucketOf(name: string): TokenBucket {
    const known = this.#buckets.get(name);
    if (known) return known;
    const bucket = new TokenBucket({ burst: this.#perMinute, perSecond: this.#perMinute / MINUTE_S }, this.#clock);
    this.#buckets.set(name, bucket);
    return bucket;
  }
}

function tooMany(what: string, perMinute: number, waitMs: number): Fault {
  const message = `Rate limit reached for ${what} on requests per min (RPM): Limit ${perMinute}. Please try again in ${waitMs}ms.`;
  return new Fault('RATE_LIMIT_EXCEEDED', { message, retryAfterMs: waitMs });
}
