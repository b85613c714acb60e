import { exposeGauge } from '@sluice/platform/expose-gauge';
import { createServiceRegistry } from '@sluice/platform/service-registry';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { totalOf } from './models/memory-need.ts';
import type { ModelHost } from './models/model-host.ts';
import type { SchedulerObserver } from './scheduler/observer.ts';

export type RuntimeMetrics = {
  readonly registry: Registry;
  /** Counts for one of the models of the configuration, which are a closed set. */
  readonly observerOf: (model: string) => SchedulerObserver;
};

const STEP_SECONDS = [0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1, 2, 5];
const WAIT_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
const BATCH_SIZES = [1, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128, 192, 256];

/** Every metric of the runtime. Labels come from closed sets. */
export function createRuntimeMetrics(build: { version: string; backend: string }): RuntimeMetrics {
  const registry = createServiceRegistry('runtime', build);
  const registers = [registry];
  const name = (rest: string): string => `sluice_runtime_${rest}`;
  const stepSeconds = new Histogram({
    name: name('step_seconds'),
    help: 'Time of one engine step by part.',
    labelNames: ['model', 'kind', 'part'],
    buckets: STEP_SECONDS,
    registers,
  });
  const batchSize = new Histogram({
    name: name('batch_sequences'),
    help: 'Sequences in one engine step.',
    labelNames: ['model', 'kind'],
    buckets: BATCH_SIZES,
    registers,
  });
  const stepTokens = new Counter({
    name: name('step_tokens_total'),
    help: 'Tokens read by the model.',
    labelNames: ['model', 'kind'],
    registers,
  });
  const requests = new Counter({
    name: name('requests_total'),
    help: 'Generations by how they ended.',
    labelNames: ['model', 'outcome'],
    registers,
  });
  const tokens = new Counter({
    name: name('tokens_total'),
    help: 'Tokens of ended generations; cached ones are among the input.',
    labelNames: ['model', 'direction'],
    registers,
  });
  const queueSeconds = new Histogram({
    name: name('queue_seconds'),
    help: 'Wait for a slot.',
    labelNames: ['model'],
    buckets: WAIT_SECONDS,
    registers,
  });
  const firstTokenSeconds = new Histogram({
    name: name('time_to_first_token_seconds'),
    help: 'Arrival in the runtime to the first token.',
    labelNames: ['model'],
    buckets: WAIT_SECONDS,
    registers,
  });
  const draftTokens = new Counter({
    name: name('draft_tokens_total'),
    help: 'Tokens guessed ahead, by whether the model confirmed them.',
    labelNames: ['model', 'outcome'],
    registers,
  });
  const preemptions = new Counter({
    name: name('preemptions_total'),
    help: 'Generations that gave their slot to a more urgent request.',
    labelNames: ['model'],
    registers,
  });
  const observerOf = (model: string): SchedulerObserver => ({
    onPreempt: () => preemptions.inc({ model }),
    onDrafts: ({ tokens: drafted, accepted }) => {
      draftTokens.inc({ model, outcome: 'accepted' }, accepted);
      draftTokens.inc({ model, outcome: 'rejected' }, drafted - accepted);
    },
    onStep(step) {
      stepSeconds.observe({ model, kind: step.kind, part: 'forward' }, step.forwardMs / 1000);
      stepSeconds.observe({ model, kind: step.kind, part: 'sample' }, step.sampleMs / 1000);
      batchSize.observe({ model, kind: step.kind }, step.sequences);
      stepTokens.inc({ model, kind: step.kind }, step.tokens);
    },
    onEnd({ outcome, result }) {
      requests.inc({ model, outcome: outcome.toLowerCase() });
      if (!result) return;
      tokens.inc({ model, direction: 'input' }, result.usage.promptTokens);
      tokens.inc({ model, direction: 'cached' }, result.usage.cachedTokens);
      tokens.inc({ model, direction: 'output' }, result.usage.completionTokens);
      queueSeconds.observe({ model }, result.timings.queuedMs / 1000);
      if (result.timings.firstTokenMs !== undefined) firstTokenSeconds.observe({ model }, result.timings.firstTokenMs / 1000);
    },
  });
  return { registry, observerOf };
}

const STATES = ['loading', 'ready', 'draining', 'failed', 'asleep', 'unloaded'] as const;

/** Gauges read from the models when Prometheus asks; asking wakes none. */
export function exposeModels(registry: Registry, hosts: readonly ModelHost[]): void {
  const gauge = (name: string, help: string, read: (status: ReturnType<ModelHost['status']>) => unknown): void => {
    declareGauge(registry, { name, help, labelNames: ['model'] }, (set) => {
      for (const host of hosts) set({ model: host.name }, Number(read(host.status()) ?? 0));
    });
  };
  gauge('ready', '1 when the model serves.', (status) => (status.state === 'READY' ? 1 : 0));
  gauge('slots', 'Slots in all.', (status) => status.slotsTotal);
  gauge('slots_busy', 'Slots in use.', (status) => status.slotsBusy);
  gauge('queue_depth', 'Generations that wait for a slot.', (status) => status.queueDepth);
  gauge('queue_limit', 'Generations that may wait.', (status) => status.queueLimit);
  gauge('kv_used_tokens', 'Cells of the KV cache in use.', (status) => status.kvUsedTokens);
  gauge('kv_total_tokens', 'Cells of the KV cache.', (status) => status.kvTotalTokens);
  declareGauge(registry, { name: 'model_state', help: '1 for the state a model is in.', labelNames: ['model', 'state'] }, (set) => {
    for (const host of hosts) {
      const { state } = host.status();
      for (const name of STATES) set({ model: host.name, state: name }, state === name.toUpperCase() ? 1 : 0);
    }
  });
  const memory = { name: 'model_memory_bytes', help: 'What a loaded model takes, as planned.', labelNames: ['model', 'kind'] };
  declareGauge(registry, memory, (set) => {
    for (const host of hosts) {
      const need = host.running && totalOf(host.running.model.need);
      set({ model: host.name, kind: 'main' }, need?.mainBytes ?? 0);
      set({ model: host.name, kind: 'device' }, need?.deviceBytes ?? 0);
    }
  });
}

/** How often the supervisor had to start the process again. */
export function exposeRestarts(registry: Registry, restarts: number): void {
  exposeGauge(registry, { name: 'sluice_runtime_restarts', help: 'Starts after a crash.', read: () => restarts });
}

/** A gauge of several series, read when a scrape comes, and at no other time. */
function declareGauge(
  registry: Registry,
  { name, help, labelNames }: { readonly name: string; readonly help: string; readonly labelNames: readonly string[] },
  collect: (set: (labels: Readonly<Record<string, string>>, value: number) => void) => void,
): void {
  new Gauge({
    name: `sluice_runtime_${name}`,
    help,
    labelNames: [...labelNames],
    registers: [registry],
    collect() {
      collect((labels, value) => this.set({ ...labels }, value));
    },
  });
}
