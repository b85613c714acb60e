import { median } from '../percentiles.ts';
import { figure, renderTable } from '../table.ts';
import type { Check } from './check-accounts.ts';
import { answersOf } from './load-job.ts';
import { answersPerSecond, cpuMsPerAnswer, type Run } from './measure.ts';
import type { MemoryResult } from './memory.ts';
import type { Row } from './scenarios.ts';
import type { FunctionShare } from './top-functions.ts';

/** The runs of the other systems under the same load, in the same round. */
type Beside = { readonly direct: Run | undefined; readonly portkey: Run | undefined };
type Column = { readonly title: string; readonly of: (run: Run, beside: Beside) => number };

const left = (title: string) => ({ title, align: 'left' as const });

/** p50 and p99, and what a system adds to the upstream alone, run by run. */
export function latencyTable(rows: readonly Row[]): string {
  return table(rows, [
    { title: 'p50 ms', of: ({ load }) => load.latencyMs.p50 },
    { title: 'p99 ms', of: ({ load }) => load.latencyMs.p99 },
    { title: 'added p50', of: ({ load }, { direct }) => load.latencyMs.p50 - (direct?.load.latencyMs.p50 ?? Number.NaN) },
    { title: 'added p99', of: ({ load }, { direct }) => load.latencyMs.p99 - (direct?.load.latencyMs.p99 ?? Number.NaN) },
    { title: 'CPU ms/request', of: cpuMsPerAnswer },
    { title: 'sent late p99', of: ({ load }) => load.lateMs.p99 },
  ]);
}

export function ttftTable(rows: readonly Row[]): string {
  return table(rows, [
    { title: 'TTFT p50 ms', of: ({ load }) => load.textMs.p50 },
    { title: 'TTFT p99 ms', of: ({ load }) => load.textMs.p99 },
    { title: 'added p50', of: ({ load }, { direct }) => load.textMs.p50 - (direct?.load.textMs.p50 ?? Number.NaN) },
    { title: 'added p99', of: ({ load }, { direct }) => load.textMs.p99 - (direct?.load.textMs.p99 ?? Number.NaN) },
    { title: 'CPU ms/stream', of: cpuMsPerAnswer },
  ]);
}

/** Per core: what one processor would do if the server had it all the time. */
export function throughputTable(rows: readonly Row[]): string {
  return table(rows, [
    { title: 'requests/s', of: answersPerSecond },
    { title: '÷ portkey', of: (run, { portkey }) => answersPerSecond(run) / (portkey ? answersPerSecond(portkey) : Number.NaN) },
    { title: 'CPU s/1,000', of: cpuMsPerAnswer },
    { title: 'requests/s/core', of: (run) => 1_000 / cpuMsPerAnswer(run) },
    { title: 'server CPU %', of: (run) => (100 * run.serverCpuSeconds) / run.load.seconds },
    { title: 'p50 ms', of: ({ load }) => load.latencyMs.p50 },
    { title: 'p99 ms', of: ({ load }) => load.latencyMs.p99 },
  ]);
}

/** Delivered: how many of the upstream's events reached the client as events of their own. */
export function chunksTable(rows: readonly Row[]): string {
  const eventsOf = ({ load }: Run): number => load.events / answersOf(load);
  return table(rows, [
    { title: 'events/s', of: ({ load }) => load.events / load.seconds },
    { title: 'CPU µs/event', of: ({ load, serverCpuSeconds }) => (serverCpuSeconds * 1e6) / load.events },
    { title: 'delivered %', of: (run, { direct }) => (100 * eventsOf(run)) / (direct ? eventsOf(direct) : Number.NaN) },
    { title: 'server CPU %', of: (run) => (100 * run.serverCpuSeconds) / run.load.seconds },
  ]);
}

export function rejectionsTable(rows: readonly Row[]): string {
  const share = (status: string) => (run: Run) => (100 * (run.load.statuses[status] ?? 0)) / answersOf(run.load);
  return table(rows, [
    { title: 'answers/s', of: answersPerSecond },
    { title: 'CPU ms/answer', of: cpuMsPerAnswer },
    { title: 'p50 ms', of: ({ load }) => load.latencyMs.p50 },
    ...['200', '401', '429'].map((status) => ({ title: `% ${status}`, of: share(status) })),
  ]);
}

export function memoryTable({ requests, run, windowsMib, maxMib, deviationPercent }: MemoryResult): string {
  return renderTable(
    [left('memory of the gateway'), { title: 'figure' }],
    [
      ['requests', String(requests)],
      ['requests/s', figure(answersPerSecond(run))],
      ['RSS by tenths, MiB', windowsMib.map((window) => window.toFixed(0)).join(' ')],
      ['RSS max, MiB', figure(maxMib)],
      ['largest deviation, %', figure(deviationPercent)],
    ],
  );
}

/** Processor time of everything around the gateway, for 1,000 requests at saturation. */
export function helpersTable(rows: readonly Row[]): string {
  const ours = rows.filter(({ system }) => system === 'sluice');
  const names = Object.keys(ours[0]?.runs[0]?.helperCpuSeconds ?? {});
  const cpuOf = (row: Row, name: string): number =>
    median(row.runs.map(({ load, helperCpuSeconds }) => (1_000 * (helperCpuSeconds[name] ?? Number.NaN)) / answersOf(load)));
  return renderTable(
    [left('CPU s/1,000 requests'), { title: 'gateway' }, ...names.map((title) => ({ title }))],
    ours.map((row) => [row.load, figure(median(row.runs.map(cpuMsPerAnswer)))].concat(names.map((name) => figure(cpuOf(row, name))))),
  );
}

export function checksTable(checks: readonly Check[]): string {
  return renderTable(
    [left('afterwards'), left('expected'), left('found'), left('')],
    checks.map(({ what, expected, found, isRight }) => [what, expected, found, isRight ? 'right' : 'WRONG']),
  );
}

export function profileTable(title: string, shares: readonly FunctionShare[]): string {
  return renderTable(
    [left(title), { title: '%' }],
    shares.map(({ name, percent }) => [name, percent.toFixed(1)]),
  );
}

/** One line for each load and system: the median of each figure over its runs. */
function table(rows: readonly Row[], columns: readonly Column[]): string {
  const runsOf = (load: string, system: Row['system']): readonly Run[] =>
    rows.find((row) => row.load === load && row.system === system)?.runs ?? [];
  return renderTable(
    [left('load'), left('system'), ...columns.map(({ title }) => ({ title }))],
    rows.map(({ load, system, runs }) => {
      const direct = runsOf(load, 'direct');
      const portkey = runsOf(load, 'portkey');
      const figures = columns.map(({ of }) => median(runs.map((run, i) => of(run, { direct: direct[i], portkey: portkey[i] }))));
      return [load, system].concat(figures.map(figure));
    }),
  );
}
