import { WHOLE } from './answer-shape.ts';
import { answersOf } from './load-job.ts';
import { measure, type Run } from './measure.ts';
import { rssMibOf } from './process-usage.ts';
import type { Deps } from './scenarios.ts';
import { setShape } from './set-shape.ts';
import { chat, sluiceOf } from './systems.ts';

export type MemoryResult = {
  readonly requests: number;
  readonly run: Run;
  /** Means of ten stretches of equal length, after the first tenth of the run. */
  readonly windowsMib: readonly number[];
  readonly maxMib: number;
  /** How far the window that is farthest from the mean of all lies from it, in percent. */
  readonly deviationPercent: number;
};

const CONNECTIONS = 32;
const SAMPLE_MS = 500;
const SECONDS_MAX = 1_800;
const WINDOWS = 10;

/** Many requests, and what the gateway's memory does meanwhile. */
export async function measureMemory(deps: Deps): Promise<MemoryResult> {
  const { rig, options, say } = deps;
  await setShape(deps, WHOLE);
  const samples: number[] = [];
  const timer = setInterval(() => samples.push(rssMibOf(rig.gateway.pid)), SAMPLE_MS);
  try {
    say(`memory over ${options.memoryRequests} requests`);
    const system = sluiceOf(rig, 'accepted');
    const pace = { kind: 'closed', connections: CONNECTIONS, seconds: SECONDS_MAX, requestsMax: options.memoryRequests } as const;
    const run = await measure(deps, system, { kinds: [chat(system, 'whole')], pace });
    return { requests: answersOf(run.load), run, ...summariseMemory(samples) };
  } finally {
    clearInterval(timer);
  }
}

/** The first tenth is warm-up: the heap grows to its working size there. */
export function summariseMemory(samples: readonly number[]): Pick<MemoryResult, 'windowsMib' | 'maxMib' | 'deviationPercent'> {
  const settled = samples.slice(Math.floor(samples.length / 10));
  const windowsMib = Array.from({ length: WINDOWS }, (_, i) =>
    mean(settled.slice(Math.floor((i * settled.length) / WINDOWS), Math.floor(((i + 1) * settled.length) / WINDOWS))),
  );
  const overall = mean(windowsMib);
  return {
    windowsMib,
    maxMib: Math.max(...settled),
    deviationPercent: Math.max(...windowsMib.map((window) => Math.abs(window / overall - 1))) * 100,
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
