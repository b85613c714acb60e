import { scopesOf } from './demand-scopes.ts';
import type { BucketState, Decision, Demand, Refused } from './limiter.ts';

/** What lua/admit.lua answers to one of its asks: numbers, save for the epochs of `STALE`. */
export type AdmitReply = readonly (number | string)[];

const GRANTED = 0;
const REFUSED = 1;
const STALE = 2;

const BY_BUCKET = 0;
const BY_SMALL_BUCKET = 1;
const BY_GAUGE = 2;
const BY_METER = 3;

/** The answer of the admit script, in the words of the port. */
export function decodeDecision(demand: Demand, reply: AdmitReply): Decision {
  switch (reply[0]) {
    case GRANTED: {
      const totalTokens = Number(reply[2]);
      return {
        kind: 'granted',
        buckets: toStates(demand, reply, 4),
        outputTokens: Number(reply[1]),
        totalTokens: totalTokens < 0 ? undefined : totalTokens,
        isRoomy: reply[3] === 1,
      };
    }
    case REFUSED: {
      const position = Number(reply[5]);
      return {
        kind: 'refused',
        buckets: toStates(demand, reply, 6),
        by: toReason(demand, reply),
        position: position < 0 ? undefined : position,
      };
    }
    case STALE:
      return { kind: 'stale', epochs: demand.epochs.map(({ name }, i) => ({ name, seen: String(reply[i + 1]) })) };
    default:
      return { kind: 'unseeded', index: Number(reply[1]) };
  }
}

function toStates({ buckets }: Demand, reply: AdmitReply, first: number): readonly BucketState[] {
  return buckets.map(({ unit, limit }, i) => ({
    unit,
    limit,
    remaining: Number(reply[first + i * 2]),
    resetMs: Number(reply[first + i * 2 + 1]),
  }));
}

function toReason(demand: Demand, reply: AdmitReply): Refused['by'] {
  const index = Number(reply[2]);
  switch (reply[1]) {
    case BY_BUCKET:
      return { kind: 'bucket', index, waitMs: Number(reply[3]) };
    case BY_SMALL_BUCKET:
      return { kind: 'bucket_too_small', index };
    case BY_GAUGE:
      return { kind: 'gauge', index };
    case BY_METER:
      return { kind: 'meter', index, isFinal: reply[4] === 1, used: Number(reply[3]) };
    default:
      return { kind: 'line', scope: scopesOf(demand)[index] ?? '' };
  }
}
