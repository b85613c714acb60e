import { WaitingError, Worker, type Job as QueuedJob } from 'bullmq';
import type { Redis } from 'ioredis';
import { HandBack, type Task } from '../run-jobs.ts';

export type QueueName = { readonly prefix: string; readonly name: string };

export type QueueWorker = {
  /** Fetches nothing more, and resolves when what runs has ended. */
  close(): Promise<void>;
};

type WorkerOptions = {
  readonly redis: Redis;
  /** Tasks at a time. */
  readonly concurrency: number;
  /** Does a task of a queue's job name. A rejection with HandBack puts it back to the front of the queue. */
  readonly process: (jobName: string, task: Task) => Promise<void>;
  readonly onError: (error: Error) => void;
};

/** The lock of a task is renewed while its process lives; one whose process was killed is another's after these. */
const LOCK_MS = 5_000;
const STALLED_CHECK_MS = 2_500;
/** However often its processes were killed, a task is not given up. */
const STALLED_COUNT_MAX = 1_000_000;
const RETRY_MS = 500;

/** Works on a queue from now on. */
export function startWorker({ prefix, name }: QueueName, { redis, concurrency, process, onError }: WorkerOptions): QueueWorker {
  const worker = new Worker(
    name,
    async (job, token) => {
      try {
        await process(job.name, toTask(job));
      } catch (error) {
        if (!(error instanceof HandBack)) throw error;
        await job.moveToWait(token);
        throw new WaitingError();
      }
    },
    {
      connection: redis,
      prefix,
      concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      maxStalledCount: STALLED_COUNT_MAX,
      runRetryDelay: RETRY_MS,
      // The eviction policy is our own question, and any Redis that we start with is new enough.
      skipVersionCheck: true,
    },
  );
  worker.on('error', onError);
  return { close: () => worker.close() };
}

function toTask(job: QueuedJob): Task {
  return { id: job.id ?? '', data: job.data, queuedAt: new Date(job.timestamp), earlierTries: Math.max(0, job.attemptsStarted - 1) };
}
