import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { EngineBenchOptions } from './engine-options.ts';

export type PeerResult = { readonly decodeTokensPerS: number; readonly prefillTokensPerS: number };

const run = promisify(execFile);
const DEADLINE_MS = 300_000;

/** One row of llama-batched-bench for the same model, threads and sizes. It keeps one KV stream per sequence, as we do, and samples nothing. */
export const runBatchedBench = async (options: EngineBenchOptions, sequences: number): Promise<PeerResult> => {
  const context = sequences * (options.promptTokens + options.outputTokens) + 256;
  const size = ['-c', context, '-b', 512, '-ub', 512, '-npp', options.promptTokens, '-ntg', options.outputTokens, '-npl', sequences];
  const threads = ['-t', options.threads, '-tb', options.threads];
  const { stdout } = await run(options.peer, ['-m', options.model, ...size, ...threads].map(String), { timeout: DEADLINE_MS });
  return parseBatchedBench(stdout, sequences);
};

/** Columns: PP, TG, B, N_KV, T_PP, S_PP, T_TG, S_TG, T, S. */
const parseBatchedBench = (output: string, sequences: number): PeerResult => {
  for (const line of output.split('\n')) {
    const cells = line
      .split('|')
      .slice(1, -1)
      .map((cell) => Number(cell));
    const [, , batch, , , prefill, , decode] = cells;
    if (batch === sequences && prefill !== undefined && decode !== undefined)
      return { decodeTokensPerS: decode, prefillTokensPerS: prefill };
  }
  throw new Error(`llama-batched-bench printed no row for ${sequences} sequences:\n${output.slice(-2000)}`);
};
