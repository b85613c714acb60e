import { NO_TOKEN, type DecodeItem, type Engine, type Sampler, type SamplerParams, type TokenLogprobs } from './engine.ts';
import { GREEDY } from './greedy.ts';

/** What the contract runs on: an engine with at least 8 slots and 16 different prompts of 4 to 40 tokens. */
export type EngineFixture = {
  readonly engine: Engine;
  readonly endOfGenerationToken: number;
  readonly isEndOfGeneration: (token: number) => boolean;
  readonly prompts: readonly Uint32Array[];
  /** A grammar of one text, which is longer than two tokens, and whether tokens are that text. */
  readonly grammar: { readonly gbnf: string; readonly isWhole: (tokens: readonly number[]) => boolean };
};

type Run = { prompt: Uint32Array; slot: number; tokens: number; pieces: number; params?: SamplerParams };

/** The tokens of one sequence alone in its slot, which is empty before and after. */
export async function run(engine: Engine, { prompt, slot, tokens: count, pieces, params = GREEDY }: Run): Promise<number[]> {
  const sampler = engine.acquireSampler(params);
  const tokens = await prefill(engine, { prompt, slot, sampler, pieces });
  await decodeUntil(engine, { slot, sampler, tokens, position: prompt.length, count });
  engine.clear(slot);
  engine.releaseSampler(sampler);
  return tokens;
}

/** What is sampled after a prompt in slot 0, which is empty before and after. */
export async function oneStep(
  engine: Engine,
  prompt: Uint32Array,
  params: SamplerParams,
): Promise<{ token: number; logprobs: TokenLogprobs | undefined }> {
  const sampler = engine.acquireSampler(params);
  const { tokens, logprobs } = await engine.prefill([{ slot: 0, position: 0, tokens: prompt, sampler }]);
  engine.clear(0);
  engine.releaseSampler(sampler);
  return { token: tokens[0] ?? NO_TOKEN, logprobs: logprobs?.[0] };
}

export async function runTogether(engine: Engine, prompts: readonly Uint32Array[], count: number): Promise<number[][]> {
  const samplers = prompts.map(() => engine.acquireSampler(GREEDY));
  const outputs: number[][] = [];
  for (const [slot, prompt] of prompts.entries())
    outputs.push(await prefill(engine, { prompt, slot, sampler: at(samplers, slot), pieces: 1 }));
  while ((outputs[0]?.length ?? count) < count) {
    const items = prompts.map((prompt, slot): DecodeItem => {
      const output = at(outputs, slot);
      return { slot, position: prompt.length + output.length - 1, token: output.at(-1) ?? NO_TOKEN, sampler: at(samplers, slot) };
    });
    const { tokens } = await engine.decode(items);
    tokens.forEach((token, slot) => at(outputs, slot).push(token));
  }
  for (const [slot, sampler] of samplers.entries()) {
    engine.clear(slot);
    engine.releaseSampler(sampler);
  }
  return outputs;
}

export async function prefill(
  engine: Engine,
  { prompt, slot, sampler, pieces }: { prompt: Uint32Array; slot: number; sampler: Sampler; pieces: number },
): Promise<number[]> {
  const size = Math.ceil(prompt.length / pieces);
  let first = NO_TOKEN;
  for (let position = 0; position < prompt.length; position += size) {
    const isLast = position + size >= prompt.length;
    const result = await engine.prefill([
      { slot, position, tokens: prompt.subarray(position, position + size), sampler: isLast ? sampler : undefined },
    ]);
    first = result.tokens[0] ?? NO_TOKEN;
  }
  return [first];
}

export async function decodeUntil(
  engine: Engine,
  run: { slot: number; sampler: Sampler; tokens: number[]; position: number; count: number; until?: number },
): Promise<void> {
  while (run.tokens.length < run.count && run.tokens.at(-1) !== run.until) {
    const position = run.position + run.tokens.length - 1;
    const result = await engine.decode([{ slot: run.slot, position, token: run.tokens.at(-1) ?? NO_TOKEN, sampler: run.sampler }]);
    run.tokens.push(result.tokens[0] ?? NO_TOKEN);
  }
}

export function at<Item>(items: readonly Item[], i: number): Item {
  const item = items[i];
  if (item === undefined) throw new RangeError(`no item ${i}`);
  return item;
}
