import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '@sluice/platform/clock';
import { evictionPolicyOf } from '@sluice/platform/eviction-policy';
import { Lifecycle } from '@sluice/platform/lifecycle';
import type { Log } from '@sluice/platform/log';
import { startMetricsServer } from '@sluice/platform/metrics-server';
import { createRedis } from '@sluice/platform/redis-client';
import { VERSION } from '@sluice/platform/version';
import { createDatabase } from '@sluice/prisma/client';
import { HISTORY_QUEUE } from '@sluice/prisma/history-batch';
import type { Redis } from 'ioredis';
import type { JobsConfig } from './config.ts';
import { createDeadLetterStore } from './history/dead-letter-store.ts';
import { createHistoryStore } from './history/history-store.ts';
import { HistoryWriter } from './history/history-writer.ts';
import { KeyUseNotes } from './history/key-use-notes.ts';
import { createKeyUseStore } from './history/key-use-store.ts';
import { appendHistory } from './jobs/append-history.ts';
import { cleanSessions } from './jobs/clean-sessions.ts';
import { keepPartitions } from './jobs/keep-partitions.ts';
import { createMetrics } from './metrics.ts';
import { OutageLog } from './queues/outage-log.ts';
import { readQueueState, scheduleJobs, shortenEvents } from './queues/queue-client.ts';
import { createWorkerRedis } from './queues/redis-client.ts';
import { startWorker } from './queues/worker-client.ts';
import { createRetentionStore } from './retention-store.ts';
import { runJob } from './run-jobs.ts';
import { createSessionStore } from './session-store.ts';

export type Jobs = { readonly metricsPort: number; readonly lifecycle: Lifecycle };

/** One statement of history at a time, the last uses, one of maintenance, and a probe. */
const DATABASE_POOL_MAX = 4;
/** Batches whose rows are written together. Their order does not matter: sums do not depend on it. */
const HISTORY_CONCURRENCY = 32;
const MAINTENANCE_QUEUE = { prefix: HISTORY_QUEUE.prefix, name: 'maintenance' };
const MAINTENANCE_EVERY_MS = 60 * 60 * 1_000;
const QUESTION_MS = 1_000;
const CLOSE_MARGIN_MS = 2_000;
const DRAIN_WITHOUT_REDIS_MS = 1_000;

/** Builds the jobs from their configuration and starts them. Does not wait for Redis or Postgres: they work whenever both are there. */
export async function startJobs(config: JobsConfig, log: Log): Promise<Jobs> {
  const lifecycle = new Lifecycle(log);
  const metrics = createMetrics(VERSION);
  const database = createDatabase(config.databaseUrl, { poolMax: DATABASE_POOL_MAX });
  lifecycle.onClose('database', () => database.$disconnect());

  // Of its own, because a question must not wait where workers do.
  const questions = createRedis(config.redisUrl, { name: 'sluice-jobs-questions', commandTimeoutMs: QUESTION_MS, onError: () => {} });
  lifecycle.onClose('redis for questions', () => questions.disconnect());
  metrics.observe(() => Promise.all([HISTORY_QUEUE, MAINTENANCE_QUEUE].map((queue) => readQueueState(queue, questions))));
  const isReady = async (): Promise<boolean> => {
    await Promise.all([questions.ping(), database.$queryRaw`SELECT 1`]);
    return true;
  };
  const metricsServer = await startMetricsServer({
    registry: metrics.registry,
    host: config.metricsHost,
    port: config.metricsPort,
    probes: { '/healthz': () => true, '/readyz': isReady },
  });
  lifecycle.onClose('metrics server', () => metricsServer.close());

  const keyUse = new KeyUseNotes({ store: createKeyUseStore(database), log });
  lifecycle.onClose('last uses of keys', () => keyUse.close());

  const closing = new AbortController();
  const writer = new HistoryWriter({
    store: createHistoryStore(database),
    deadLetters: createDeadLetterStore(questions),
    log,
    metrics,
    closing: closing.signal,
    onWritten: (rows) => keyUse.saw(rows),
  });
  const maintenance = new Map(
    [
      keepPartitions({ store: createRetentionStore(database), retention: config, metrics }),
      cleanSessions(createSessionStore(database)),
    ].map((job) => [job.name, job]),
  );

  const outages = new OutageLog(log);
  const redis = createWorkerRedis(config.redisUrl, (error) => outages.error(error));
  lifecycle.onClose('redis', () => redis.disconnect());
  redis.on('ready', () => {
    outages.ready();
    // Also after an outage: a Redis that lost its data has lost the schedules, too.
    void prepareRedis(redis, { jobs: [...maintenance.keys()], log });
  });

  const history = appendHistory(writer);
  const runDeps = { log, metrics, clock: systemClock };
  const workerDeps = { redis, onError: (error: Error) => outages.error(error) };
  const workers = [
    startWorker(HISTORY_QUEUE, {
      ...workerDeps,
      concurrency: HISTORY_CONCURRENCY,
      process: (_name, task) => runJob(history, task, runDeps),
    }),
    startWorker(MAINTENANCE_QUEUE, {
      ...workerDeps,
      concurrency: 1,
      process: async (name, task) => {
        const job = maintenance.get(name);
        // Of another version than this one; its own processes schedule it again.
        if (job) await runJob(job, task, runDeps);
        else log.warn({ job: name }, 'no job has this name; the task is dropped');
      },
    }),
  ];
  const stop = async (): Promise<void> => {
    closing.abort();
    const stopped = new AbortController();
    const onStopped = (): void => stopped.abort();
    void Promise.all(workers.map((worker) => worker.close())).then(onStopped, onStopped);
    // Without Redis nothing can be fetched, finished or given back: what runs is another's as soon as its lock is old.
    const drainMs = redis.status === 'ready' ? config.drainMs : Math.min(config.drainMs, DRAIN_WITHOUT_REDIS_MS);
    await sleep(drainMs, undefined, { signal: stopped.signal }).catch(() => {});
    if (!stopped.signal.aborted) log.warn('the drain is over; other processes take over the tasks that run');
  };
  lifecycle.onClose('workers', stop, config.drainMs + CLOSE_MARGIN_MS);
  return { metricsPort: metricsServer.port, lifecycle };
}

async function prepareRedis(redis: Redis, { jobs, log }: { jobs: readonly string[]; log: Log }): Promise<void> {
  try {
    const policy = await evictionPolicyOf(redis);
    if (policy !== undefined && policy !== 'noeviction')
      log.error(
        { policy },
        'Redis drops keys when its memory is full: history and limits WILL be lost. Set maxmemory-policy to noeviction',
      );
    await shortenEvents(HISTORY_QUEUE, redis);
    await scheduleJobs(
      MAINTENANCE_QUEUE,
      jobs.map((job) => ({ job, everyMs: MAINTENANCE_EVERY_MS })),
      redis,
    );
    log.info('ready');
  } catch (error) {
    log.error({ err: error }, 'the jobs could not be scheduled; the next connection to Redis tries it again');
  }
}
