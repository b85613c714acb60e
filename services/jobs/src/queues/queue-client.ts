import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { QueueState } from '../metrics.ts';
import type { QueueName } from './worker-client.ts';

export type Schedule = { readonly job: string; readonly everyMs: number };

/** BullMQ's own journal of a queue, which nobody here reads. */
const EVENTS_MAX = 100;
/** A task that fails is tried again after 10 s, 20 s and so on, for some three hours. */
const TRIES_MAX = 10;
const BACKOFF_MS = 10_000;
/** Kept for a person to look at. */
const FAILED_MAX = 100;

/** Sees to it that jobs run from time to time: now, and then at each interval, once for all processes together. Safe to repeat. */
export async function scheduleJobs({ prefix, name }: QueueName, schedules: readonly Schedule[], redis: Redis): Promise<void> {
  const queue = new Queue(name, { connection: redis, prefix, skipVersionCheck: true, streams: { events: { maxLen: EVENTS_MAX } } });
  queue.on('error', () => {});
  try {
    for (const { job, everyMs } of schedules) {
      await queue.upsertJobScheduler(
        job,
        { every: everyMs },
        {
          name: job,
          opts: {
            attempts: TRIES_MAX,
            backoff: { type: 'exponential', delay: BACKOFF_MS },
            removeOnComplete: true,
            removeOnFail: { count: FAILED_MAX },
          },
        },
      );
    }
  } finally {
    await queue.close();
  }
}

/** Keeps the journal short of a queue that others fill. */
export async function shortenEvents({ prefix, name }: QueueName, redis: Redis): Promise<void> {
  await redis.hset(`${prefix}:${name}:meta`, 'opts.maxLenEvents', EVENTS_MAX);
}

/** How a queue stands now. Rejects when Redis does not say so at once. */
export async function readQueueState({ prefix, name }: QueueName, redis: Redis): Promise<QueueState> {
  const key = (type: string): string => `${prefix}:${name}:${type}`;
  const [waiting, active, delayed, failed, ...oldest] = await Promise.all([
    redis.llen(key('wait')),
    redis.llen(key('active')),
    redis.zcard(key('delayed')),
    redis.zcard(key('failed')),
    redis.lindex(key('wait'), -1),
    redis.lindex(key('active'), -1),
  ]);
  const times = await Promise.all(oldest.filter((id) => id !== null).map((id) => redis.hget(key(id), 'timestamp')));
  const nowMs = Date.now();
  // One that ended between the two questions has no time any more.
  const ages = times.map((time) => (time === null ? 0 : nowMs - Number(time)));
  return { queue: name, waiting, active, delayed, failed, lagMs: Math.max(0, ...ages) };
}
