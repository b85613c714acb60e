import type { LoadClient, Trace } from './load-client.ts';
import { measureRun } from './run-metrics.ts';
import type { RunMetrics } from './run-metrics.ts';

/** What one request asks for; `body` is everything but the model. */
export type RequestPlan = { path: string; body: Record<string, unknown> };

type ClosedLoop = { clients: number; requests: number; secondsMax: number; plan: (index: number) => RequestPlan };

/**
 * Runs `requests` requests with `clients` in flight at a time: each client sends its next one when its last has ended.
 * Ends after `secondsMax` at the latest; requests still in flight then are counted as cut.
 */
export const runClosedLoop = async (
  client: LoadClient,
  { clients, requests, secondsMax, plan }: ClosedLoop,
): Promise<{ metrics: RunMetrics; failures: string[] }> => {
  const signal = AbortSignal.timeout(secondsMax * 1000);
  const traces: Trace[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < requests && !signal.aborted) {
      const { path, body } = plan(next++);
      traces.push(await client.send(path, body, { signal }));
    }
  };
  const startedAtMs = performance.now();
  const cpuBefore = process.cpuUsage();
  await Promise.all(Array.from({ length: Math.min(clients, requests) }, work));
  const metrics = measureRun(traces, {
    seconds: (performance.now() - startedAtMs) / 1000,
    clientCpuSeconds: cpuSeconds(process.cpuUsage(cpuBefore)),
  });
  return { metrics, failures: failuresOf(traces) };
};

/** The distinct texts of what went wrong. */
export const failuresOf = (traces: readonly Trace[]): string[] => [
  ...new Set(traces.filter(({ outcome }) => outcome === 'failed').map(({ failure }) => failure ?? 'unknown')),
];

const cpuSeconds = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1e6;
