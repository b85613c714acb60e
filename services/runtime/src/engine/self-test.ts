import { NO_TOKEN, type Engine } from './engine.ts';
import { GREEDY } from './greedy.ts';

/**
 * The engine stands on internals of node-llama-cpp, so every start proves them: the same prompt gives the same tokens
 * again in a cleared slot and after a move to another slot, and a ban holds. The compared runs take the same steps,
 * because other batch shapes may round a near-tie the other way. Leaves all slots empty.
 */
export async function assertBindingBehaves(engine: Engine): Promise<void> {
  const first = await generate(engine, { moveTo: undefined, logitBias: new Map() });
  const again = await generate(engine, { moveTo: undefined, logitBias: new Map() });
  expectSame('the same prompt in a cleared slot', first, again);
  if (engine.slots > 1) {
    const moved = await generate(engine, { moveTo: 1, logitBias: new Map() });
    expectSame('a moved sequence', first, moved);
  }
  const banned = await generate(engine, { moveTo: undefined, logitBias: new Map([[first[0] ?? 0, Number.NEGATIVE_INFINITY]]) });
  if (banned[0] === first[0]) throw broken('a banned token was sampled');
}

/** Two greedy tokens after a prompt that is read in two pieces, the second one after a move where one is asked for. */
async function generate(
  engine: Engine,
  options: { moveTo: number | undefined; logitBias: ReadonlyMap<number, number> },
): Promise<number[]> {
  const sampler = engine.acquireSampler({ ...GREEDY, logitBias: options.logitBias });
  let slot = 0;
  try {
    await engine.prefill([{ slot, position: 0, tokens: Uint32Array.of(3, 4, 5), sampler: undefined }]);
    const first = (await engine.prefill([{ slot, position: 3, tokens: Uint32Array.of(6, 7), sampler }])).tokens[0] ?? NO_TOKEN;
    if (first === NO_TOKEN) throw broken('nothing was sampled after a prompt');
    if (options.moveTo !== undefined) {
      await engine.move(slot, options.moveTo);
      slot = options.moveTo;
    }
    const second = (await engine.decode([{ slot, position: 5, token: first, sampler }])).tokens[0] ?? NO_TOKEN;
    return [first, second];
  } finally {
    engine.clear(slot);
    engine.releaseSampler(sampler);
  }
}

function expectSame(what: string, expected: readonly number[], actual: readonly number[]): void {
  if (expected.join() !== actual.join()) throw broken(`${what} gave tokens ${actual.join()} instead of ${expected.join()}`);
}

function broken(what: string): Error {
  return new Error(`The engine's self-test failed: ${what}. The installed node-llama-cpp does not behave as version 3.22.1 does.`);
}
