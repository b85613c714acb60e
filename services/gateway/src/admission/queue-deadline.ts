import type { TierPolicy } from '../keys/policy.ts';

/** What a request may wait for a slot, where its tier says nothing. */
const QUEUE_MS_MAX = 120_000;

/** Until when a request may wait for a slot of a worker: its tier bounds all its waiting together, from its arrival on. On the monotonic clock, as `arrivedAtMs` is. */
export function queueDeadlineAtMs({ queueDeadlineMs }: Pick<TierPolicy, 'queueDeadlineMs'>, arrivedAtMs: number): number {
  return arrivedAtMs + (queueDeadlineMs || QUEUE_MS_MAX);
}
