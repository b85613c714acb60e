import type { EngineBenchOptions } from './engine-options.ts';
import { generate, type GenerationTimes } from './engine-generation.ts';
import type { EngineUnderTest } from './engine-load.ts';
import { openEngine } from './engine-load.ts';
import { summarise, type Summary } from './percentiles.ts';

export type ThroughputResult = {
  readonly sequences: number;
  readonly decodeTokensPerS: number;
  readonly prefillTokensPerS: number;
  readonly forwardShare: number;
};

/** All prompts are read before anybody goes on, so that all sequences run at once, as in llama-batched-bench. */
const PROMPTS_FIRST_MS = 600_000;

/** N sequences from prompt to end, all at once; decode speed is taken while all N run. */
export const measureThroughput = async (options: EngineBenchOptions, sequences: number): Promise<ThroughputResult> => {
  const engine = await openEngine({ ...options, slots: sequences, prefillStallMs: PROMPTS_FIRST_MS });
  try {
    await generate(engine, { seed: 0, promptTokens: 16, outputTokens: 8 }); // the first step allocates
    const warmSteps = engine.steps.length;
    const runs = await Promise.all(
      Array.from({ length: sequences }, (_, i) =>
        generate(engine, { seed: i + 1, promptTokens: options.promptTokens, outputTokens: options.outputTokens }),
      ),
    );
    const steps = engine.steps.slice(warmSteps);
    const prefill = steps.filter((step) => step.kind === 'prefill');
    const full = steps.filter((step) => step.kind === 'decode' && step.sequences === sequences);
    return {
      sequences,
      decodeTokensPerS: speedWhileAllRun(runs),
      prefillTokensPerS: (sum(prefill.map((step) => step.tokens)) / sum(prefill.map((step) => step.forwardMs))) * 1000,
      forwardShare: sum(full.map((step) => step.forwardMs)) / allRunMs(runs),
    };
  } finally {
    await engine.close();
  }
};

export type StallResult = {
  readonly interTokenMs: Summary;
  readonly quietInterTokenMs: Summary;
  readonly longPromptFirstTokenMs: Summary;
  readonly longPrompts: number;
};

const STREAMS = 8;
const LONG_PROMPT_TOKENS = 800;

/** Eight streams decode while 800-token prompts arrive one after the other; what the streams feel. */
export const measureStall = async (options: EngineBenchOptions): Promise<StallResult> => {
  const engine = await openEngine({ ...options, slots: STREAMS + 2, contextTokens: 1024 });
  try {
    await generate(engine, { seed: 0, promptTokens: 16, outputTokens: 8 });
    const quietInterTokenMs = summarise((await runStreams(engine, options.stallSeconds / 4)).flatMap(gaps));
    const arriving = { isOver: false };
    const firstTokens: number[] = [];
    const arrivals = (async () => {
      for (let seed = 100; !arriving.isOver; seed++) {
        const long = await generate(engine, { seed, promptTokens: LONG_PROMPT_TOKENS, outputTokens: 8 });
        firstTokens.push((long.tokenMs[0] ?? Number.NaN) - long.submittedMs);
      }
    })();
    const streams = await runStreams(engine, options.stallSeconds);
    arriving.isOver = true;
    await arrivals;
    return {
      interTokenMs: summarise(streams.flatMap(gaps)),
      quietInterTokenMs,
      longPromptFirstTokenMs: summarise(firstTokens),
      longPrompts: firstTokens.length,
    };
  } finally {
    await engine.close();
  }
};

/** Keeps eight streams busy for some seconds, each starting anew when it ends. */
const runStreams = async (engine: EngineUnderTest, seconds: number): Promise<GenerationTimes[]> => {
  const endMs = performance.now() + seconds * 1000;
  const done: GenerationTimes[] = [];
  await Promise.all(
    Array.from({ length: STREAMS }, async (_, i) => {
      for (let round = 0; performance.now() < endMs; round++) {
        done.push(await generate(engine, { seed: 1000 * round + i, promptTokens: 32, outputTokens: 64 }));
      }
    }),
  );
  return done;
};

const gaps = ({ tokenMs }: GenerationTimes): number[] => tokenMs.slice(1).map((ms, i) => ms - (tokenMs[i] ?? ms));

/** The time from the last first token to the first last token. */
const allRunMs = (runs: readonly GenerationTimes[]): number => windowOf(runs).endMs - windowOf(runs).startMs;

const windowOf = (runs: readonly GenerationTimes[]): { startMs: number; endMs: number } => ({
  startMs: Math.max(...runs.map((run) => run.tokenMs[0] ?? Number.NaN)),
  endMs: Math.min(...runs.map((run) => run.tokenMs.at(-1) ?? Number.NaN)),
});

/** Tokens a second of all together, from the last one's first token to the first one's last. */
export const speedWhileAllRun = (runs: readonly GenerationTimes[]): number => {
  const { startMs, endMs } = windowOf(runs);
  const tokens = sum(runs.map((run) => run.tokenMs.filter((ms) => ms > startMs && ms <= endMs).length));
  return (tokens / (endMs - startMs)) * 1000;
};

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
