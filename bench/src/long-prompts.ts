import { failuresOf } from './closed-loop.ts';
import type { RequestPlan } from './closed-loop.ts';
import type { LoadClient, Trace } from './load-client.ts';
import { summarise } from './percentiles.ts';
import { gapsMs, ttftMs } from './run-metrics.ts';

/** What the streams felt, alone and while long prompts kept arriving. */
export type LongPromptMetrics = {
  streams: number;
  failed: number;
  quietItlMeanMs: number;
  quietItlP50Ms: number;
  quietItlP99Ms: number;
  quietItlMaxMs: number;
  itlMeanMs: number;
  itlP50Ms: number;
  itlP99Ms: number;
  itlMaxMs: number;
  longPrompts: number;
  longPromptTokensMean: number;
  longTtftP50Ms: number;
  longTtftMaxMs: number;
};

type Scenario = {
  streams: number;
  secondsMax: number;
  stream: (index: number) => RequestPlan;
  long: (index: number) => RequestPlan;
};

/**
 * Runs `streams` streams alone, then again beside one client that sends long prompts back to back. Counts only what happens
 * while every stream is past its first token and none has ended, so the streams' own prefills do not blur the picture.
 */
export const runLongPrompts = async (
  client: LoadClient,
  scenario: Scenario,
): Promise<{ metrics: LongPromptMetrics; failures: string[] }> => {
  const quiet = await runStreams(client, { ...scenario, isQuiet: true });
  const loud = await runStreams(client, { ...scenario, isQuiet: false });
  const quietItl = summarise(quiet.gapsMs);
  const loudItl = summarise(loud.gapsMs);
  const ok = loud.long.filter(({ outcome }) => outcome === 'ok');
  const longTtft = summarise(ok.map(ttftMs));
  const traces = [...quiet.streams, ...loud.streams, ...loud.long];
  const metrics = {
    streams: scenario.streams,
    failed: traces.filter(({ outcome }) => outcome === 'failed').length,
    quietItlMeanMs: quietItl.mean,
    quietItlP50Ms: quietItl.p50,
    quietItlP99Ms: quietItl.p99,
    quietItlMaxMs: quietItl.max,
    itlMeanMs: loudItl.mean,
    itlP50Ms: loudItl.p50,
    itlP99Ms: loudItl.p99,
    itlMaxMs: loudItl.max,
    longPrompts: ok.length,
    longPromptTokensMean: ok.reduce((sum, { promptTokens }) => sum + promptTokens, 0) / ok.length,
    longTtftP50Ms: longTtft.p50,
    longTtftMaxMs: longTtft.max,
  };
  return { metrics, failures: failuresOf(traces) };
};

type StreamsRun = { streams: Trace[]; long: Trace[]; gapsMs: number[] };

const runStreams = async (
  client: LoadClient,
  { streams, secondsMax, stream, long, isQuiet }: Scenario & { isQuiet: boolean },
): Promise<StreamsRun> => {
  const deadline = AbortSignal.timeout(secondsMax * 1000);
  const firstEnd = new AbortController();
  const allStarted = Promise.withResolvers<void>();
  let started = 0;
  const sending = Array.from({ length: streams }, async (_, index) => {
    const { path, body } = stream(index);
    let isStarted = false;
    const onContent = () => {
      if (isStarted) return;
      isStarted = true;
      if (++started === streams) allStarted.resolve();
    };
    const trace = await client.send(path, body, { signal: deadline, onContent });
    firstEnd.abort();
    allStarted.resolve(); // also when a stream fails before its first token
    return trace;
  });

  await allStarted.promise;
  const fromMs = performance.now();
  const longTraces = isQuiet ? [] : await sendBackToBack(client, long, AbortSignal.any([deadline, firstEnd.signal]));
  const traces = await Promise.all(sending);
  const toMs = Math.min(...traces.map(({ endedAtMs }) => endedAtMs));
  // A gap counts when it ends inside the window.
  const gaps = traces.flatMap(({ contentAtMs }) => gapsMs(contentAtMs).filter((_, i) => isBetween(contentAtMs[i + 1] ?? 0, fromMs, toMs)));
  return { streams: traces, long: longTraces, gapsMs: gaps };
};

const sendBackToBack = async (client: LoadClient, plan: Scenario['long'], signal: AbortSignal): Promise<Trace[]> => {
  const traces: Trace[] = [];
  for (let index = 0; !signal.aborted; index++) {
    const { path, body } = plan(index);
    const trace = await client.send(path, body, { signal });
    traces.push(trace);
    if (trace.outcome === 'failed') break;
  }
  return traces;
};

const isBetween = (value: number, from: number, to: number): boolean => value >= from && value <= to;
