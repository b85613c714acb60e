import type { OutgoingHttpHeaders } from 'node:http';
import type { BucketState } from '../limits/limiter.ts';

/** What stands for "no limit" where clients expect a whole number. */
const NO_LIMIT = 2_147_483_647;

const UNLIMITED: Omit<BucketState, 'unit'> = { limit: NO_LIMIT, remaining: NO_LIMIT, resetMs: 0 };

/** OpenAI's six headers. Of several limits on the same thing, the one that has least left. */
export function toLimitHeaders(buckets: readonly BucketState[]): OutgoingHttpHeaders {
  const requests = tightest(buckets, 'requests');
  const tokens = tightest(buckets, 'tokens');
  return {
    'x-ratelimit-limit-requests': requests.limit,
    'x-ratelimit-limit-tokens': tokens.limit,
    'x-ratelimit-remaining-requests': requests.remaining,
    'x-ratelimit-remaining-tokens': tokens.remaining,
    'x-ratelimit-reset-requests': toGoDuration(requests.resetMs),
    'x-ratelimit-reset-tokens': toGoDuration(tokens.resetMs),
  };
}

function tightest(buckets: readonly BucketState[], unit: BucketState['unit']): Omit<BucketState, 'unit'> {
  let found: BucketState | undefined;
  for (const bucket of buckets) if (bucket.unit === unit && (!found || bucket.remaining < found.remaining)) found = bucket;
  return found ?? UNLIMITED;
}

/** As Go writes a time.Duration of whole milliseconds: "0s", "120ms", "1.5s", "6m0s", "1h0m0s". */
export function toGoDuration(ms: number): string {
  if (ms <= 0) return '0s';
  if (ms < 1_000) return `${ms}ms`;
  const seconds = (ms % 60_000) / 1_000;
  const minutes = Math.floor(ms / 60_000) % 60;
  const hours = Math.floor(ms / 3_600_000);
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}
