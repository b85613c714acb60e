import { waitUntil } from '@sluice/stack/wait-until';
import { startService, type ServiceProcess } from './service-process.ts';

export type JobsProcess = {
  readonly service: ServiceProcess;
  /** Where metrics and probes are. */
  readonly origin: string;
  metrics(): Promise<string>;
  /** As a crash does. */
  kill(): void;
  /** SIGTERM, then its exit code. */
  stop(): Promise<number | null>;
};

const READY_DEADLINE_MS = 30_000;

/** The jobs as they are deployed: a process of their own. Resolves when it answers, whether or not it reaches its stores; one that does not is stopped. */
export async function startJobsProcess(options: {
  databaseUrl: string;
  redisUrl: string;
  env?: Readonly<Record<string, string>>;
}): Promise<JobsProcess> {
  const { databaseUrl, redisUrl, env = {} } = options;
  const service = startService('jobs', { METRICS_PORT: '0', DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, DRAIN_MS: '5000', ...env });
  const started = await whenStarted(service).catch(async (cause: unknown) => {
    await service.stop();
    throw new Error(`the jobs did not start:\n${service.output()}`, { cause });
  });
  const origin = `http://127.0.0.1:${String(started['metricsPort'])}`;
  return {
    service,
    origin,
    metrics: async () => (await fetch(`${origin}/metrics`)).text(),
    kill: () => void service.child.kill('SIGKILL'),
    stop: () => service.stop(),
  };
}

function whenStarted(service: ServiceProcess): Promise<Record<string, unknown>> {
  return waitUntil('jobs that have started', async () => service.logLines().find(({ msg }) => msg === 'started'), {
    deadlineMs: READY_DEADLINE_MS,
  });
}
