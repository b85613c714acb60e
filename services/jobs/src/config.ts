import { logLevel, milliseconds, parseEnv, port, postgresUrl, redisUrl } from '@sluice/platform/config';
import { z } from 'zod';

/** At least the day that is running; ten years are as good as for ever. */
const days = z.coerce.number().int().min(1).max(3_650);

/** And the day that is running. */
const MONTH_DAYS_MAX = 31;

const schema = z.object({
  /** Interface of `GET /metrics`, `/healthz` and `/readyz`, which ask for no key. */
  METRICS_HOST: z.string().default('127.0.0.1'),
  METRICS_PORT: port.default(9466),
  /** Postgres: where history ends up. */
  DATABASE_URL: postgresUrl,
  /** The Redis that the gateways fill. */
  REDIS_URL: redisUrl('the queues are there'),
  /** How long history rows are kept. */
  HISTORY_DAYS: days.default(90),
  /** How long prompts and answers are kept, of projects that keep them. */
  CONTENT_DAYS: days.default(30),
  /** How long the sums by hour are kept; those by day stay. A month that begins at another midnight than UTC's is summed from them at its ends. */
  USAGE_HOURLY_DAYS: days.min(MONTH_DAYS_MAX + 1).default(400),
  LOG_LEVEL: logLevel,
  /** How long running jobs may go on after SIGTERM; another process takes over those that do not finish. */
  DRAIN_MS: milliseconds.default(30_000),
});

export type JobsConfig = {
  readonly metricsHost: string;
  readonly metricsPort: number;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly historyDays: number;
  readonly contentDays: number;
  readonly usageHourlyDays: number;
  readonly logLevel: string;
  readonly drainMs: number;
};

/** Throws a ConfigError that names every wrong variable. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): JobsConfig {
  const values = parseEnv(schema, env);
  return {
    metricsHost: values.METRICS_HOST,
    metricsPort: values.METRICS_PORT,
    databaseUrl: values.DATABASE_URL,
    redisUrl: values.REDIS_URL,
    historyDays: values.HISTORY_DAYS,
    contentDays: values.CONTENT_DAYS,
    usageHourlyDays: values.USAGE_HOURLY_DAYS,
    logLevel: values.LOG_LEVEL,
    drainMs: values.DRAIN_MS,
  };
}
