import { failuresOf } from './closed-loop.ts';
import type { RequestPlan } from './closed-loop.ts';
import type { LoadClient, Trace } from './load-client.ts';
import { median } from './percentiles.ts';
import { ttftMs } from './run-metrics.ts';

/** The wait for the first token of a prompt that begins as no other did, and of those that begin as it did. */
export type WarmPrefixMetrics = {
  failed: number;
  promptTokensMean: number;
  coldTtftMs: number;
  warmTtftMs: number;
  warmShare: number;
};

type Scenario = {
  secondsMax: number;
  /** Beginnings that are asked with, one after the other. */
  beginnings: number;
  /** Further requests with the same beginning. */
  repeats: number;
  request: (index: { beginning: number; repeat: number }) => RequestPlan;
};

/** One client, one request at a time: nothing but the beginning of the prompt is shared, and nothing else runs. */
export const runWarmPrefix = async (
  client: LoadClient,
  { secondsMax, beginnings, repeats, request }: Scenario,
): Promise<{ metrics: WarmPrefixMetrics; failures: string[] }> => {
  const signal = AbortSignal.timeout(secondsMax * 1000);
  const cold: Trace[] = [];
  const warm: Trace[] = [];
  for (let beginning = 0; beginning < beginnings; beginning++) {
    for (let repeat = 0; repeat <= repeats; repeat++) {
      const { path, body } = request({ beginning, repeat });
      (repeat === 0 ? cold : warm).push(await client.send(path, body, { signal }));
    }
  }
  const all = [...cold, ...warm];
  const [coldTtftMs, warmTtftMs] = [medianTtftMs(cold), medianTtftMs(warm)];
  return {
    metrics: {
      failed: all.filter(({ outcome }) => outcome !== 'ok').length,
      promptTokensMean: all.reduce((sum, { promptTokens }) => sum + promptTokens, 0) / all.length,
      coldTtftMs,
      warmTtftMs,
      warmShare: warmTtftMs / coldTtftMs,
    },
    failures: failuresOf(all),
  };
};

const medianTtftMs = (traces: readonly Trace[]): number => median(traces.filter(({ contentAtMs }) => contentAtMs.length > 0).map(ttftMs));
