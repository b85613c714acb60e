import { createServiceRegistry } from '@sluice/platform/service-registry';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

const RUN_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** What a row of history came to. */
const ROW_OUTCOMES = ['written', 'known', 'refused'] as const;

/** How a queue stands at one moment. */
export type QueueState = {
  readonly queue: string;
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  readonly failed: number;
  /** The age of the oldest task that is neither done nor put off; 0 without one. */
  readonly lagMs: number;
};

export type JobsMetrics = ReturnType<typeof createMetrics>;

/** All metrics of the jobs. Labels come from closed sets: declared jobs, queues, outcomes. */
export function createMetrics(version: string) {
  const registry = createServiceRegistry('jobs', { version, node: process.version });
  const registers = [registry];
  const runs = new Counter({
    name: 'sluice_jobs_runs_total',
    help: 'Jobs that ended: done, failed, or handed back because the process stopped.',
    labelNames: ['job', 'outcome'],
    registers,
  });
  const runDuration = new Histogram({
    name: 'sluice_jobs_run_duration_seconds',
    help: 'From the start of a job to its end, waiting for the database included.',
    labelNames: ['job'],
    buckets: RUN_SECONDS,
    registers,
  });
  const historyRows = new Counter({
    name: 'sluice_jobs_history_rows_total',
    help: 'History rows: written, known already, or refused by the database and set aside.',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of ROW_OUTCOMES) historyRows.inc({ outcome }, 0);
  const historyRetries = new Counter({
    name: 'sluice_jobs_history_retries_total',
    help: 'Failed tries to write history; each is made again.',
    registers,
  });
  const partitions = new Counter({
    name: 'sluice_jobs_partitions_total',
    help: 'Daily partitions of the history that were made ahead, and dropped with their days.',
    labelNames: ['action'],
    registers,
  });
  for (const action of ['made', 'dropped']) partitions.inc({ action }, 0);
  return {
    registry,
    runs,
    runDuration,
    historyRows,
    historyRetries,
    partitions,
    /** Declares what is read when a scrape comes. While it cannot be read, nothing is reported rather than something old. */
    observe: (readQueues: () => Promise<readonly QueueState[]>) => observe(registers, readQueues),
  };
}

function observe(registers: Registry[], readQueues: () => Promise<readonly QueueState[]>): void {
  let reading: Promise<readonly QueueState[]> | undefined;
  // Both metrics of one scrape share one look.
  const read = (): Promise<readonly QueueState[]> => {
    reading ??= readQueues()
      .catch(() => [])
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
  new Gauge({
    name: 'sluice_jobs_queue_lag_seconds',
    help: 'The age of the oldest task that is neither done nor put off.',
    labelNames: ['queue'],
    registers,
    async collect() {
      const states = await read();
      this.reset();
      for (const { queue, lagMs } of states) this.set({ queue }, lagMs / 1_000);
    },
  });
  new Gauge({
    name: 'sluice_jobs_queue_tasks',
    help: 'Tasks in a queue, by state.',
    labelNames: ['queue', 'state'],
    registers,
    async collect() {
      const states = await read();
      this.reset();
      for (const { queue, waiting, active, delayed, failed } of states) {
        for (const [state, count] of Object.entries({ waiting, active, delayed, failed })) this.set({ queue, state }, count);
      }
    },
  });
}
