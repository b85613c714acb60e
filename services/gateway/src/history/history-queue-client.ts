import { createRedis } from '@sluice/platform/redis-client';
import { HISTORY_QUEUE, type PackedBatch } from '@sluice/prisma/history-batch';
import { Queue } from 'bullmq';

/** The queue of history in Redis, as those who fill it see it. */
export type HistoryQueueClient = {
  /** Resolves when Redis has the batch. After a rejection it may have it, too; adding it again does no harm. */
  add(batch: PackedBatch): Promise<void>;
  /** Whether more may be added: Redis also holds the limits, and must not run out of memory over history that nobody fetches. */
  hasRoom(): Promise<boolean>;
  close(): void;
};

/** Redis answers in a millisecond; one that needs this long is taken for gone, and the batch goes to disk. */
const COMMAND_TIMEOUT_MS = 500;
/** About 200,000 rows. */
const QUEUE_BYTES_MAX = 256 * 1024 * 1024;
/** Of Redis' own `maxmemory`, where it has one. */
const MEMORY_SHARE_MAX = 0.75;
/** What BullMQ keeps of a job beside its data. */
const JOB_BYTES = 1_000;
const SAMPLE_SIZE = 16;
/** The job itself waits for a database that is away; a failure that nobody foresaw is no reason to give rows up either. */
const FOR_EVER = { attempts: 1_000_000, backoff: { type: 'fixed', delay: 10_000 } };

/** Connects by itself, now and after every loss. Never waits for a connection: without one, everything rejects at once. */
export function createHistoryQueueClient(url: string, options: { readonly bytesMax?: number } = {}): HistoryQueueClient {
  // What fails is told by whoever asked for it.
  const onError = (): void => {};
  const redis = createRedis(url, { name: 'sluice-gateway-history', commandTimeoutMs: COMMAND_TIMEOUT_MS, onError });
  // BullMQ would otherwise ask for the server's version first, and refuse for ever when that one question fails.
  const queue = new Queue(HISTORY_QUEUE.name, {
    connection: redis,
    prefix: HISTORY_QUEUE.prefix,
    skipVersionCheck: true,
    skipWaitingForReady: true,
    skipMetasUpdate: true,
  });
  queue.on('error', onError);
  return {
    add: async (batch) => {
      await queue.add(HISTORY_QUEUE.job, batch, { jobId: batch.id, removeOnComplete: true, ...FOR_EVER });
    },
    hasRoom: async () => {
      const [jobs, newest, memory] = await Promise.all([
        redis.llen(queue.toKey('wait')),
        redis.lrange(queue.toKey('wait'), 0, SAMPLE_SIZE - 1),
        redis.info('memory'),
      ]);
      const sizes = await Promise.all(newest.map((id) => redis.hstrlen(queue.toKey(id), 'data')));
      const jobBytes = JOB_BYTES + sizes.reduce((sum, size) => sum + size, 0) / Math.max(1, sizes.length);
      return jobs * jobBytes < (options.bytesMax ?? QUEUE_BYTES_MAX) && hasMemory(memory);
    },
    close: () => redis.disconnect(),
  };
}

function hasMemory(info: string): boolean {
  const read = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
  const max = read('maxmemory');
  return max === 0 || read('used_memory') < max * MEMORY_SHARE_MAX;
}
