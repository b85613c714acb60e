import type { LongPromptMetrics } from './long-prompts.ts';
import type { RunMetrics } from './run-metrics.ts';
import { figure, renderTable } from './table.ts';
import type { WarmPrefixMetrics } from './warm-prefix.ts';
import type { Column } from './table.ts';

type Row<Metrics> = { system: string; clients: number; median: Metrics };

/** The closed-loop rows as one table: throughput first, then what a user waits for. */
export const closedLoopTable = (rows: readonly Row<RunMetrics>[]): string =>
  renderTable(
    columns(
      'clients',
      'req',
      'failed',
      'prompt tok',
      'output tok',
      'req/s',
      'out tok/s',
      'TTFT p50',
      'p99 ms',
      'TPOT p50',
      'p99 ms',
      'ITL p50',
      'p99',
      'max ms',
      'E2E p50',
      'p99 ms',
      'client CPU',
    ),
    rows.map(({ system, clients, median: run }) => [
      system,
      String(clients),
      String(run.requests),
      String(run.failed + run.cut),
      run.promptTokensMean.toFixed(0),
      run.outputTokensMean.toFixed(0),
      ...figures(run.requestsPerSecond, run.outputTokensPerSecond, run.ttftP50Ms, run.ttftP99Ms, run.tpotP50Ms, run.tpotP99Ms),
      ...figures(run.itlP50Ms, run.itlP99Ms, run.itlMaxMs, run.latencyP50Ms, run.latencyP99Ms),
      `${run.clientCpuPercent.toFixed(1)}%`,
    ]),
  );

/** The long-prompt rows as one table: the streams alone, the streams beside long prompts, and the long prompts. */
export const longPromptsTable = (rows: readonly Row<LongPromptMetrics>[]): string =>
  renderTable(
    columns(
      'streams',
      'failed',
      'alone: ITL mean',
      'p50',
      'p99',
      'max ms',
      'beside: ITL mean',
      'p50',
      'p99',
      'max ms',
      'long prompts',
      'prompt tok',
      'TTFT p50',
      'max ms',
    ),
    rows.map(({ system, median: run }) => [
      system,
      String(run.streams),
      String(run.failed),
      ...figures(run.quietItlMeanMs, run.quietItlP50Ms, run.quietItlP99Ms, run.quietItlMaxMs),
      ...figures(run.itlMeanMs, run.itlP50Ms, run.itlP99Ms, run.itlMaxMs),
      run.longPrompts.toFixed(0),
      run.longPromptTokensMean.toFixed(0),
      ...figures(run.longTtftP50Ms, run.longTtftMaxMs),
    ]),
  );

/** The warm-prefix rows as one table. */
export const warmPrefixTable = (rows: readonly Row<WarmPrefixMetrics>[]): string =>
  renderTable(
    columns('failed', 'prompt tok', 'cold TTFT', 'warm TTFT ms', 'warm ÷ cold'),
    rows.map(({ system, median: run }) => [
      system,
      String(run.failed),
      run.promptTokensMean.toFixed(0),
      ...figures(run.coldTtftMs, run.warmTtftMs, run.warmShare),
    ]),
  );

const columns = (...titles: string[]): Column[] => [{ title: 'system', align: 'left' }, ...titles.map((title) => ({ title }))];

const figures = (...values: number[]): string[] => values.map(figure);
