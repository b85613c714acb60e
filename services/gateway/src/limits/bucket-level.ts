import type { BucketDemand, BucketState } from './limiter.ts';

/**
 * How full a bucket is of what was taken, and when that was so. In units times `periodMs`, so that every millisecond
 * takes `limit` off and all amounts are whole: nothing is ever lost to rounding, and a new limit counts at once.
 */
export type BucketLevel = { readonly level: number; readonly atMs: number };

type Bucket = Pick<BucketDemand, 'unit' | 'limit' | 'periodMs'>;

/** The level now. Time that went back refills nothing, until it has gone back so far that the clock must have been wrong before. */
export function drain(stored: BucketLevel | undefined, { limit, periodMs }: Bucket, nowMs: number): BucketLevel {
  if (!stored) return { level: 0, atMs: nowMs };
  if (stored.atMs > nowMs) return stored.atMs > nowMs + periodMs ? { level: stored.level, atMs: nowMs } : stored;
  return { level: Math.max(0, stored.level - (nowMs - stored.atMs) * limit), atMs: nowMs };
}

/** The level after so many units more, or fewer. */
export function fill({ level, atMs }: BucketLevel, { periodMs }: Bucket, units: number): BucketLevel {
  return { level: Math.max(0, level + units * periodMs), atMs };
}

/** Until so many units fit; 0 or less when they do. Infinity when they never will. */
export function waitMsFor(units: number, { level, atMs }: BucketLevel, { limit, periodMs }: Bucket, nowMs: number): number {
  if (units > limit) return Infinity;
  const over = level + units * periodMs - limit * periodMs;
  return over <= 0 ? 0 : Math.ceil(over / limit) + atMs - nowMs;
}

export function stateOf({ level, atMs }: BucketLevel, { unit, limit, periodMs }: Bucket, nowMs: number): BucketState {
  const remaining = Math.max(0, Math.floor((limit * periodMs - level) / periodMs));
  return { unit, limit, remaining, resetMs: limit > 0 ? Math.ceil(level / limit) + atMs - nowMs : 0 };
}
