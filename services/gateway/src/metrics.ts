import { monitorEventLoopDelay } from 'node:perf_hooks';
import { exposeGauge } from '@sluice/platform/expose-gauge';
import { createServiceRegistry } from '@sluice/platform/service-registry';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { DECISION_OUTCOMES } from './admission/admission-deps.ts';
import { IDEMPOTENCY_OUTCOMES } from './idempotency/idempotency.ts';
import type { AdmissionState } from './admission/start-admission.ts';
import { BREAKER_STATES, type BreakerState } from './limits/breaker.ts';
import { WORKER_STATES, type WorkerCondition } from './routing/worker.ts';

/** A model that no worker reports, so that clients cannot make up label values. */
export const UNKNOWN_MODEL = '_unknown';

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];
/** Up to 0.1 s in fine steps: people notice the gap between tokens there. */
const TOKEN_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5];
const EVENT_LOOP_RESOLUTION_MS = 20;

/** What is read when a scrape comes, rather than counted as it happens. */
export type MetricSources = {
  readonly workers: readonly { readonly address: string; readonly condition: WorkerCondition }[];
  readonly history: { readonly depth: number; readonly spoolBytes: number };
  readonly admission: () => AdmissionState;
  readonly limiter: { readonly state: BreakerState; readonly pending: number; readonly dropped: number };
};

export type GatewayMetrics = ReturnType<typeof createMetrics>;

/** All metrics of the gateway. Labels come from closed sets: declared routes, reported models, configured workers. */
export function createMetrics(version: string) {
  const registry = createServiceRegistry('gateway', { version, node: process.version });
  const registers = [registry];
  const loopDelay = monitorEventLoopDelay({ resolution: EVENT_LOOP_RESOLUTION_MS });
  loopDelay.enable();

  const requests = new Counter({
    name: 'sluice_gateway_requests_total',
    help: 'Requests answered, by outcome.',
    labelNames: ['route', 'method', 'status', 'code', 'model'],
    registers,
  });
  const requestDuration = new Histogram({
    name: 'sluice_gateway_request_duration_seconds',
    help: 'Arrival to the last byte.',
    labelNames: ['route', 'model'],
    buckets: SECONDS,
    registers,
  });
  const timeToFirstToken = new Histogram({
    name: 'sluice_gateway_time_to_first_token_seconds',
    help: 'Arrival to the first token from a worker.',
    labelNames: ['model'],
    buckets: SECONDS,
    registers,
  });
  const interTokenLatency = new Histogram({
    name: 'sluice_gateway_inter_token_latency_seconds',
    help: 'Between one arrival of tokens and the next, of one request.',
    labelNames: ['model'],
    buckets: TOKEN_SECONDS,
    registers,
  });
  const tokens = new Counter({
    name: 'sluice_gateway_tokens_total',
    help: 'Tokens read (input), of those from the cache (cached), and generated (output).',
    labelNames: ['direction', 'model'],
    registers,
  });
  const costUsd = new Counter({
    name: 'sluice_gateway_cost_usd_total',
    help: 'What generations cost by the prices of their models, in US dollars.',
    labelNames: ['model'],
    registers,
  });
  const quotaNotices = new Counter({
    name: 'sluice_gateway_quota_notices_total',
    help: 'Monthly quotas and budgets of projects that passed a threshold, each told once.',
    labelNames: ['unit', 'threshold'],
    registers,
  });
  const activeRequests = new Gauge({ name: 'sluice_gateway_active_requests', help: 'Requests whose response is not complete.', registers });
  const activeStreams = new Gauge({ name: 'sluice_gateway_active_streams', help: 'Streaming requests that are running.', registers });
  const failovers = new Counter({
    name: 'sluice_gateway_failovers_total',
    help: 'Requests given to another worker before their first token.',
    registers,
  });
  const historyDropped = new Counter({
    name: 'sluice_gateway_history_dropped_total',
    help: 'History rows lost because memory and disk were full.',
    registers,
  });
  const admissions = new Counter({
    name: 'sluice_gateway_admissions_total',
    help: 'Metered requests by what their limits said: granted, after waiting, by this gateway alone, refused, or not to be asked.',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of DECISION_OUTCOMES) admissions.inc({ outcome }, 0);
  const authFailures = new Counter({
    name: 'sluice_gateway_auth_failures_total',
    help: 'Requests without a working key.',
    labelNames: ['reason'],
    registers,
  });
  const logins = new Counter({
    name: 'sluice_gateway_logins_total',
    help: 'Attempts to log in with a password: succeeded, failed, or refused because of failures before (locked).',
    labelNames: ['outcome'],
    registers,
  });
  const adminChanges = new Counter({
    name: 'sluice_gateway_admin_changes_total',
    help: 'Changes made through administration, by what the audit log calls them.',
    labelNames: ['type'],
    registers,
  });
  const unannouncedChanges = new Counter({
    name: 'sluice_gateway_unannounced_changes_total',
    help: 'Changes that the gateways could not be told of at once; they are told again until they hear.',
    registers,
  });
  const connectionsRefused = new Counter({
    name: 'sluice_gateway_connections_refused_total',
    help: 'Connections cut because their address held too many.',
    registers,
  });
  const idempotentRequests = new Counter({
    name: 'sluice_gateway_idempotent_requests_total',
    help: 'Requests with an Idempotency-Key, by what became of the key.',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of IDEMPOTENCY_OUTCOMES) idempotentRequests.inc({ outcome }, 0);
  exposeGauge(registry, {
    name: 'sluice_gateway_event_loop_delay_p99_seconds',
    help: 'How late timers fired since the last scrape, at the 99th percentile.',
    read: () => {
      const delayS = loopDelay.percentile(99) / 1e9;
      loopDelay.reset();
      // The sampling timer's own interval is part of every value; before the first sample there is none.
      return Math.max(0, delayS - EVENT_LOOP_RESOLUTION_MS / 1_000);
    },
  });

  return {
    registry,
    requests,
    requestDuration,
    timeToFirstToken,
    interTokenLatency,
    tokens,
    costUsd,
    quotaNotices,
    activeRequests,
    activeStreams,
    failovers,
    historyDropped,
    admissions,
    authFailures,
    adminChanges,
    unannouncedChanges,
    connectionsRefused,
    idempotentRequests,
    logins,
    /** Declares the metrics that are read from parts which exist later than the counters do. */
    observe: (sources: MetricSources) => observe(registry, sources),
    close: (): void => {
      loopDelay.disable();
    },
  };
}

function observe(registry: Registry, { workers, history, admission, limiter }: MetricSources): void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number): void => exposeGauge(registry, { name, help, read });
  gauge('sluice_gateway_waiting_requests', 'Requests that wait for a limit.', () => admission().waiting);
  gauge('sluice_gateway_leases', 'Leases that this gateway keeps: requests that run, and those that wait.', () => admission().leases);
  gauge('sluice_gateway_overload', '0 with room to spare, 1 when lower tiers are down to their share.', () => admission().pressure);
  gauge('sluice_gateway_history_queue_depth', 'History rows in memory, on their way to the queue in Redis.', () => history.depth);
  gauge('sluice_gateway_history_spool_bytes', 'History on disk, because Redis does not take it.', () => history.spoolBytes);
  gauge('sluice_gateway_settlements_pending', 'Use that waits to be booked to the shared limits.', () => limiter.pending);
  gauge('sluice_gateway_settlements_dropped', 'Use that was never booked, since the start.', () => limiter.dropped);
  new Gauge({
    name: 'sluice_gateway_limiter_state',
    help: '1 for the state of the breaker in front of the shared limits; open means that they cannot be asked.',
    labelNames: ['state'],
    registers,
    collect() {
      for (const state of BREAKER_STATES) this.set({ state }, state === limiter.state ? 1 : 0);
    },
  });
  new Gauge({
    name: 'sluice_gateway_worker_state',
    help: '1 for the state that the gateway sees the worker in.',
    labelNames: ['worker', 'state'],
    registers,
    collect() {
      for (const { address, condition } of workers) {
        for (const state of WORKER_STATES) this.set({ worker: address, state }, state === condition ? 1 : 0);
      }
    },
  });
}
