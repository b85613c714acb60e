import { exposeGauge } from '@sluice/platform/expose-gauge';
import { createServiceRegistry } from '@sluice/platform/service-registry';
import { Counter, Histogram, type Registry } from 'prom-client';
import type { ModelHost } from './models/model-host.ts';
import type { SchedulerObserver } from './scheduler/observer.ts';

export type RuntimeMetrics = { readonly registry: Registry; readonly observer: SchedulerObserver };

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
    labelNames: ['kind', 'part'],
    buckets: STEP_SECONDS,
    registers,
  });
  const batchSize = new Histogram({
    name: name('batch_sequences'),
    help: 'Sequences in one engine step.',
    labelNames: ['kind'],
    buckets: BATCH_SIZES,
    registers,
  });
  const stepTokens = new Counter({ name: name('step_tokens_total'), help: 'Tokens read by the model.', labelNames: ['kind'], registers });
  const requests = new Counter({
    name: name('requests_total'),
    help: 'Generations by how they ended.',
    labelNames: ['outcome'],
    registers,
  });
  const tokens = new Counter({ name: name('tokens_total'), help: 'Tokens of ended generations.', labelNames: ['direction'], registers });
  const queueSeconds = new Histogram({ name: name('queue_seconds'), help: 'Wait for a slot.', buckets: WAIT_SECONDS, registers });
  const firstTokenSeconds = new Histogram({
    name: name('time_to_first_token_seconds'),
    help: 'Arrival in the runtime to the first token.',
    buckets: WAIT_SECONDS,
    registers,
  });
  const draftTokens = new Counter({
    name: name('draft_tokens_total'),
    help: 'Tokens guessed ahead, by whether the model confirmed them.',
    labelNames: ['outcome'],
    registers,
  });
  const preemptions = new Counter({
    name: name('preemptions_total'),
    help: 'Generations that gave their slot to a more urgent request.',
    registers,
  });
  const observer: SchedulerObserver = {
    onPreempt: () => preemptions.inc(),
    onDrafts: ({ tokens: drafted, accepted }) => {
      draftTokens.inc({ outcome: 'accepted' }, accepted);
      draftTokens.inc({ outcome: 'rejected' }, drafted - accepted);
    },
    onStep(step) {
      stepSeconds.observe({ kind: step.kind, part: 'forward' }, step.forwardMs / 1000);
      stepSeconds.observe({ kind: step.kind, part: 'sample' }, step.sampleMs / 1000);
      batchSize.observe({ kind: step.kind }, step.sequences);
      stepTokens.inc({ kind: step.kind }, step.tokens);
    },
    onEnd({ outcome, result }) {
      requests.inc({ outcome: outcome.toLowerCase() });
      if (!result) return;
      tokens.inc({ direction: 'input' }, result.usage.promptTokens);
      tokens.inc({ direction: 'output' }, result.usage.completionTokens);
      queueSeconds.observe(result.timings.queuedMs / 1000);
      if (result.timings.firstTokenMs !== undefined) firstTokenSeconds.observe(result.timings.firstTokenMs / 1000);
    },
  };
  return { registry, observer };
}

/** Gauges read from the model when Prometheus asks. */
export function exposeModel(registry: Registry, host: ModelHost): void {
  const gauge = (
    name: string,
    help: string,
    read: (status: ReturnType<ModelHost['status']>) => number | string | { toString(): string } | undefined,
  ): void => {
    exposeGauge(registry, { name: `sluice_runtime_${name}`, help, read: () => Number(read(host.status()) ?? 0) });
  };
  gauge('ready', '1 when the model serves.', (status) => (status.state === 'READY' ? 1 : 0));
  gauge('slots', 'Slots in all.', (status) => status.slotsTotal);
  gauge('slots_busy', 'Slots in use.', (status) => status.slotsBusy);
  gauge('queue_depth', 'Generations that wait for a slot.', (status) => status.queueDepth);
  gauge('queue_limit', 'Generations that may wait.', (status) => status.queueLimit);
  gauge('kv_used_tokens', 'Cells of the KV cache in use.', (status) => status.kvUsedTokens);
  gauge('kv_total_tokens', 'Cells of the KV cache.', (status) => status.kvTotalTokens);
}
