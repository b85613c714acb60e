import { parseArgs } from 'node:util';

export type EngineBenchOptions = {
  readonly model: string;
  readonly threads: number;
  readonly sequences: readonly number[];
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly contextTokens: number;
  readonly runs: number;
  /** A llama-batched-bench binary to measure in turn with ours; empty for none. */
  readonly peer: string;
  readonly prefillStallMs: number;
  /** Seconds of the scenario in which long prompts arrive; 0 leaves it out. */
  readonly stallSeconds: number;
  readonly save: string;
  readonly json: boolean;
};

export const ENGINE_USAGE = `usage: pnpm bench:engine [--model FILE.gguf] [--threads N] [--sequences 1,2,4,8,16,32] [--prompt-tokens 64]
  [--output-tokens 128] [--runs 3] [--peer PATH/llama-batched-bench] [--stall-seconds 20] [--prefill-stall-ms 85] [--save NAME] [--json]`;

/** Reads the command line. Throws with a readable message for anything it does not know. */
export const readEngineOptions = (argv: readonly string[]): EngineBenchOptions => {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      model: { type: 'string', default: new URL('../../models/demo-chat.gguf', import.meta.url).pathname },
      threads: { type: 'string', default: '1' },
      sequences: { type: 'string', default: '1,2,4,8,16,32' },
      'prompt-tokens': { type: 'string', default: '64' },
      'output-tokens': { type: 'string', default: '128' },
      runs: { type: 'string', default: '3' },
      peer: { type: 'string', default: '' },
      'stall-seconds': { type: 'string', default: '20' },
      'prefill-stall-ms': { type: 'string', default: '85' },
      save: { type: 'string', default: '' },
      json: { type: 'boolean', default: false },
    },
  });
  const promptTokens = count('--prompt-tokens', values['prompt-tokens']);
  const outputTokens = count('--output-tokens', values['output-tokens']);
  return {
    model: values.model,
    threads: count('--threads', values.threads),
    sequences: values.sequences.split(',').map((part) => count('--sequences', part)),
    promptTokens,
    outputTokens,
    contextTokens: Math.max(1024, promptTokens + outputTokens),
    runs: count('--runs', values.runs),
    peer: values.peer,
    prefillStallMs: count('--prefill-stall-ms', values['prefill-stall-ms']),
    stallSeconds: Number(values['stall-seconds']),
    save: values.save,
    json: values.json,
  };
};

const count = (name: string, text: string): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`${name} must be a positive whole number, not "${text}"`);
};
