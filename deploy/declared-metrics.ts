import { z } from 'zod';
import { createMetrics } from '../services/gateway/src/metrics.ts';
import { createMetrics as createJobsMetrics } from '../services/jobs/src/metrics.ts';
import { createRuntimeMetrics, exposeModels, exposeRestarts } from '../services/runtime/src/metrics.ts';

const metric = z.object({ name: z.string(), type: z.enum(['counter', 'gauge', 'histogram', 'summary']), labelNames: z.array(z.string()) });
type Metric = z.infer<typeof metric>;

/** What Prometheus adds to every series. */
const SCRAPE_LABELS = ['job', 'instance'];

/** The labels of every series that a scrape of gateway, jobs and runtime can bring, by the series' name. */
export function declaredSeries(): ReadonlyMap<string, ReadonlySet<string>> {
  const series = [...gatewayMetrics(), ...jobsMetrics(), ...runtimeMetrics()].flatMap(seriesOf);
  return new Map([['up', new Set(SCRAPE_LABELS)], ...series]);
}

function gatewayMetrics(): readonly Metric[] {
  const metrics = createMetrics('test');
  metrics.observe({
    workers: [],
    history: { depth: 0, spoolBytes: 0 },
    admission: () => ({ waiting: 0, leases: 0, pressure: 0 }),
    limiter: { state: 'closed', pending: 0, dropped: 0 },
  });
  metrics.close();
  return z.array(metric).parse(metrics.registry.getMetricsAsArray());
}

function jobsMetrics(): readonly Metric[] {
  const metrics = createJobsMetrics('test');
  metrics.observe(() => Promise.resolve([]));
  return z.array(metric).parse(metrics.registry.getMetricsAsArray());
}

function runtimeMetrics(): readonly Metric[] {
  const { registry } = createRuntimeMetrics({ version: 'test', backend: 'cpu' });
  exposeModels(registry, []);
  exposeRestarts(registry, 0);
  return z.array(metric).parse(registry.getMetricsAsArray());
}

function seriesOf({ name, type, labelNames }: Metric): readonly (readonly [string, ReadonlySet<string>])[] {
  const labels = [...labelNames, ...SCRAPE_LABELS];
  if (type !== 'histogram') return [[name, new Set(labels)]];
  return [
    [`${name}_bucket`, new Set([...labels, 'le'])],
    [`${name}_sum`, new Set(labels)],
    [`${name}_count`, new Set(labels)],
  ];
}
