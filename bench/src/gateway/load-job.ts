import type { Summary } from '../percentiles.ts';

/** One kind of request, ready to be written to a socket. */
export type RequestKind = {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Each request comes from another client address, as behind a proxy. */
  readonly variesAddress: boolean;
};

/** What a load process is asked to do. It only ever talks to 127.0.0.1. */
export type LoadJob = {
  readonly port: number;
  /** Sent in turn, over and over: nine of one kind and one of another make a mix of 10%. */
  readonly kinds: readonly RequestKind[];
  readonly pace:
    | { readonly kind: 'closed'; readonly connections: number; readonly seconds: number; readonly requestsMax: number }
    | { readonly kind: 'open'; readonly perSecond: number; readonly seconds: number; readonly connectionsMax: number };
};

export type LoadResult = {
  readonly seconds: number;
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Distinct texts of what went wrong without an answer, and how often anything did. */
  readonly failures: readonly string[];
  readonly failed: number;
  /** Sending to the last byte, of all answers. */
  readonly latencyMs: Summary;
  /** Sending to the first text, of answers that have one. */
  readonly textMs: Summary;
  /** How late a request of an open loop was sent: the client's own fault, and no server's. */
  readonly lateMs: Summary;
  readonly events: number;
  readonly bodyBytes: number;
  /** What the load process itself used. */
  readonly cpuSeconds: number;
};

/** All answers of a run, whatever their status. */
export function answersOf({ statuses }: Pick<LoadResult, 'statuses'>): number {
  return Object.values(statuses).reduce((sum, count) => sum + count, 0);
}
