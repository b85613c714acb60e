/** What one request wants to take, from whom, and who counts it. All amounts are whole numbers. */

/** A continuously refilled bucket: `limit` units per `periodMs`, at most `limit` at once. */
export type BucketDemand = {
  /** Whose, e.g. "project:proj_1". */
  readonly scope: string;
  /** Which, unique within the scope, e.g. "rpm", "rpd", "tpm", "rpm@embeddings", "tpm/llama-3". */
  readonly resource: string;
  readonly unit: 'requests' | 'tokens';
  readonly limit: number;
  readonly periodMs: number;
  /** 0 only looks. */
  readonly cost: number;
};

/** So many at once. */
export type GaugeDemand = {
  readonly scope: string;
  readonly resource: string;
  readonly limit: number;
  /** 0 only looks, 1 takes a place until the lease is settled or runs out. */
  readonly cost: 0 | 1;
};

/** A sum over a calendar period that is never exceeded: what is used, plus what running requests may still use. */
export type MeterDemand = {
  readonly scope: string;
  readonly resource: string;
  readonly unit: 'tokens' | 'nanoUsd';
  /** Names the period, e.g. "2026-11"; a new one begins at zero. */
  readonly period: string;
  /** When the period's sum may be forgotten. */
  readonly expiresAt: Date;
  readonly limit: number;
  /** What the prompt takes at most. */
  readonly promptMax: number;
  /** What the prompt takes at least: with less than this and one output token left, the request is refused. */
  readonly promptMin: number;
  /** What each output token takes. May be a fraction. */
  readonly perOutputToken: number;
};

/** One place in line, kept over several tries of one request. */
export type Ticket = {
  /** Smaller goes first: the time of arrival (ms, Unix) less a credit for priority, so that everybody's turn comes. */
  readonly rank: number;
  /** Places in the line of each scope that refuses. */
  readonly depthMax: number;
};

export type Demand = {
  /** Unique over all gateways; the lease carries it. */
  readonly id: string;
  /** Epoch names, each with the value the key snapshot was read under. */
  readonly epochs: readonly { readonly name: string; readonly seen: string }[];
  readonly buckets: readonly BucketDemand[];
  readonly gauges: readonly GaugeDemand[];
  readonly meters: readonly MeterDemand[];
  /** Output tokens the request asks for; every meter may lower it. */
  readonly outputTokens: number;
  /** Present when the request would rather wait than be refused. */
  readonly ticket: Ticket | undefined;
  /** False looks and takes nothing: for headers, and for routes that cost nothing. */
  readonly takes: boolean;
  /** Demands with the same object here differ in ids, costs, limits of gauges, amounts of meters and what was seen of epochs alone, so what they share is written out once. */
  readonly template?: object | undefined;
};

export type BucketState = {
  readonly unit: 'requests' | 'tokens';
  readonly limit: number;
  /** Whole units that are left now. */
  readonly remaining: number;
  /** Until the bucket is full. */
  readonly resetMs: number;
};

export type Granted = {
  readonly kind: 'granted';
  /** In the order of the demand. */
  readonly buckets: readonly BucketState[];
  /** Output tokens that every meter has room for. */
  readonly outputTokens: number;
  /** Prompt and output together, at most: what is reserved on the tightest token meter. Undefined without one. */
  readonly totalTokens: number | undefined;
  /** Nobody waits, and so many more of the same (`ROOM`) would be granted that none of them misses what this one gives back. */
  readonly isRoomy: boolean;
};

/** Nothing was taken. */
export type Refused = {
  readonly kind: 'refused';
  readonly buckets: readonly BucketState[];
  readonly by:
    | { readonly kind: 'bucket'; readonly index: number; readonly waitMs: number }
    /** Larger than the bucket itself: no waiting helps. */
    | { readonly kind: 'bucket_too_small'; readonly index: number }
    | { readonly kind: 'gauge'; readonly index: number }
    /** `isFinal`: used up; otherwise running requests hold the rest and may give some back. */
    | { readonly kind: 'meter'; readonly index: number; readonly isFinal: boolean; readonly used: number }
    /** Others were first in this scope's line. */
    | { readonly kind: 'line'; readonly scope: string };
  /** With a ticket: how many in that line go first. Undefined when the line is full, or without a ticket. */
  readonly position: number | undefined;
};

/** The key, or what it belongs to, has changed since the snapshot was read. Nothing was taken. */
type Stale = { readonly kind: 'stale'; readonly epochs: readonly { readonly name: string; readonly seen: string }[] };

/** The sum of a meter is not known here, as after the loss of Redis' data; `seedMeter` tells it. Nothing was taken. */
type Unseeded = { readonly kind: 'unseeded'; readonly index: number };

export type Decision = Granted | Refused | Stale | Unseeded;

/** What a request really took. */
export type Settlement = {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly costNanoUsd: number;
  /** Give the request itself back, too: it failed through no fault of its sender's. */
  readonly refundsRequest: boolean;
};

/** How many more requests make room. */
export const ROOM = 64;

/** Counts what requests take. All or nothing, and in one step, so that no two can take the same thing. */
export type Limiter = {
  decide(demand: Demand): Promise<Decision>;
  /** Ends the lease of a grant and books the real use; the demand must be the one that was granted. Safe to call again: only the first counts. */
  settle(demand: Demand, settlement: Settlement): Promise<void>;
  /** Keeps the leases and places in line of requests that go on, and ends those that nobody keeps; to be called every few seconds, also for none. */
  renew(ids: readonly string[]): Promise<void>;
  /** Gives a place in line back. */
  leave(demand: Demand): Promise<void>;
  /** Sets the sum of a meter that is not known yet; one that is known stays. */
  seedMeter(meter: MeterDemand, used: number): Promise<void>;
};

/** A limiter elsewhere, whose answers can be lost on their way. */
export type RemoteLimiter = Limiter & {
  /** Takes back whatever a decision took or joined whose answer never came, as if it had never been asked for: the id may be used again. Without such a decision it does nothing. */
  undo(demand: Demand): Promise<void>;
};

/** The limits that all gateways share cannot be asked now. Nothing was taken, or what was taken is given back by itself. */
type Unavailable = { readonly kind: 'unavailable' };

export type LimiterAnswer = Decision | Unavailable;

/** A limiter that answers in any case, soon: what it cannot ask it calls unavailable, and what it cannot book yet it books later. */
export type GuardedLimiter = Omit<Limiter, 'decide'> & { decide(demand: Demand): Promise<LimiterAnswer> };
