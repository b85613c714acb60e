import type { Trace } from './load-client.ts';
import { median, summarise } from './percentiles.ts';

/** What one run measured; README.md defines each. Units are in the names. */
export type RunMetrics = {
  requests: number;
  failed: number;
  cut: number;
  seconds: number;
  requestsPerSecond: number;
  outputTokensPerSecond: number;
  promptTokensMean: number;
  outputTokensMean: number;
  ttftP50Ms: number;
  ttftP99Ms: number;
  tpotP50Ms: number;
  tpotP99Ms: number;
  itlMeanMs: number;
  itlP50Ms: number;
  itlP99Ms: number;
  itlMaxMs: number;
  latencyP50Ms: number;
  latencyP99Ms: number;
  clientCpuPercent: number;
};

/** Numbers of the requests that ended well; the others are only counted. */
export const measureRun = (traces: readonly Trace[], run: { seconds: number; clientCpuSeconds: number }): RunMetrics => {
  const ok = traces.filter(({ outcome }) => outcome === 'ok');
  const streamed = ok.filter(({ contentAtMs }) => contentAtMs.length > 0);
  const ttft = summarise(streamed.map(ttftMs));
  const tpot = summarise(streamed.filter(({ outputTokens }) => outputTokens > 1).map(tpotMs));
  const itl = summarise(streamed.flatMap(({ contentAtMs }) => gapsMs(contentAtMs)));
  const latency = summarise(ok.map(({ startedAtMs, endedAtMs }) => endedAtMs - startedAtMs));
  const outputTokens = sum(ok.map((trace) => trace.outputTokens));
  return {
    requests: traces.length,
    failed: traces.filter(({ outcome }) => outcome === 'failed').length,
    cut: traces.filter(({ outcome }) => outcome === 'cut').length,
    seconds: run.seconds,
    requestsPerSecond: ok.length / run.seconds,
    outputTokensPerSecond: outputTokens / run.seconds,
    promptTokensMean: sum(ok.map((trace) => trace.promptTokens)) / ok.length,
    outputTokensMean: outputTokens / ok.length,
    ttftP50Ms: ttft.p50,
    ttftP99Ms: ttft.p99,
    tpotP50Ms: tpot.p50,
    tpotP99Ms: tpot.p99,
    itlMeanMs: itl.mean,
    itlP50Ms: itl.p50,
    itlP99Ms: itl.p99,
    itlMaxMs: itl.max,
    latencyP50Ms: latency.p50,
    latencyP99Ms: latency.p99,
    clientCpuPercent: (100 * run.clientCpuSeconds) / run.seconds,
  };
};

/** The gaps between neighbouring times. */
export const gapsMs = (timesMs: readonly number[]): number[] => timesMs.slice(1).map((time, i) => time - (timesMs[i] ?? time));

/** From sending to the first chunk with text. */
export const ttftMs = ({ startedAtMs, contentAtMs }: Trace): number => (contentAtMs[0] ?? Number.NaN) - startedAtMs;

const tpotMs = (trace: Trace): number => (trace.endedAtMs - trace.startedAtMs - ttftMs(trace)) / (trace.outputTokens - 1);

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The median of each number over several runs: one run that met a noisy neighbour does not decide. */
export const mediansOf = <Metrics extends Record<string, number>>(runs: readonly Metrics[]): Metrics => {
  const [first] = runs;
  if (first === undefined) throw new RangeError('no runs');
  return Object.fromEntries(Object.keys(first).map((key) => [key, median(runs.map((run) => run[key] ?? Number.NaN))])) as Metrics;
};
