import type { Clock } from '@sluice/platform/clock';
import type { Log } from '@sluice/platform/log';
import type { JobsMetrics } from './metrics.ts';

/** One kind of work. It may run twice for the same task, so doing it again does no harm. */
export type Job = {
  readonly name: string;
  /** Resolves with the numbers that an operator will ask for. Rejects with HandBack, or with a reason to try it again later. */
  run(task: Task): Promise<Readonly<Record<string, unknown>>>;
};

export type Task = {
  readonly id: string;
  readonly data: unknown;
  /** When somebody asked for it. */
  readonly queuedAt: Date;
  /** How often it was begun before. */
  readonly earlierTries: number;
};

/** Thrown by a job that cannot finish because the process stops: the task goes back to the front of its queue. */
export class HandBack extends Error {
  override readonly name = 'HandBack';
}

type JobOutcome = 'done' | 'failed' | 'handed_back';

type RunJobDeps = {
  readonly log: Log;
  readonly metrics: Pick<JobsMetrics, 'runs' | 'runDuration'>;
  readonly clock: Clock;
};

/** Runs a job on a task, writes its one line, and counts it. Rejects as the job does. */
export async function runJob(job: Job, task: Task, { log, metrics, clock }: RunJobDeps): Promise<void> {
  const startedAtMs = clock.monotonicMs();
  const waitedMs = clock.now().getTime() - task.queuedAt.getTime();
  const record = (outcome: JobOutcome, fields: Readonly<Record<string, unknown>>): void => {
    const durationMs = clock.monotonicMs() - startedAtMs;
    metrics.runs.inc({ job: job.name, outcome });
    metrics.runDuration.observe({ job: job.name }, durationMs / 1_000);
    const line = {
      job: job.name,
      taskId: task.id,
      outcome,
      waitedMs,
      durationMs: Math.round(durationMs),
      earlierTries: task.earlierTries,
      ...fields,
    };
    log[outcome === 'failed' ? 'error' : 'info'](line, 'job');
  };
  try {
    record('done', await job.run(task));
  } catch (error) {
    if (error instanceof HandBack) record('handed_back', {});
    else record('failed', { err: error });
    throw error;
  }
}
