import { PrefixStore } from '../prefix-store/prefix-store.ts';
import { ActiveGeneration } from './active-generation.ts';
import type { GenerationRequest } from './generation.ts';
import { Placement } from './placement.ts';
import { requestOf, scriptedEngine } from './scheduler.harness.ts';
import { SlotTable } from './slot-table.ts';

/** A placement on a scripted engine; the test decides what happens between two steps. */
export async function createPlacement({ slots, storeFolder }: { readonly slots: number; readonly storeFolder?: string }) {
  const engine = scriptedEngine({ slots, batchTokens: 256 });
  const table = new SlotTable<ActiveGeneration>(slots);
  const store = storeFolder === undefined ? undefined : await PrefixStore.open({ engine, folder: storeFolder, bytesMax: 100_000 });
  const placement = new Placement(engine, table, store);

  /** Gives a prompt a slot, where nothing is read yet. */
  const enter = async (ids: Uint32Array, request: Partial<GenerationRequest> = {}): Promise<ActiveGeneration> => {
    const asked = { ...requestOf({ ...request, prompt: ids }), outlet: { emit() {}, flush() {} } };
    const generation = new ActiveGeneration(asked, {
      sampler: engine.acquireSampler(asked.sampling),
      contextTokens: engine.contextTokens,
      stamps: { submittedMs: 0, admittedMs: undefined, firstTokenMs: undefined },
    });
    await placement.place(generation);
    return generation;
  };

  /** The token that follows the prompt, read in one step. */
  const read = async (generation: ActiveGeneration): Promise<number | undefined> => {
    if (!generation.hasBegun) await placement.begin(generation, { mayWait: false });
    const chunk = generation.nextChunk(generation.tokensLeftToRead);
    const { tokens } = await engine.prefill([chunk]);
    placement.stepped();
    generation.read(chunk.tokens.length);
    return tokens[0];
  };

  const leave = (generation: ActiveGeneration): void => placement.release(generation, { isSound: true });

  /** One request from beginning to end: what it found in a cache, and what follows its prompt. */
  const ask = async (ids: Uint32Array, request: Partial<GenerationRequest> = {}) => {
    const generation = await enter(ids, request);
    const token = await read(generation);
    leave(generation);
    return { slot: generation.slot, cached: generation.outcome(0).usage.cachedTokens, token };
  };

  return { engine, table, store, placement, enter, read, leave, ask };
}

/** What follows a prompt that is read whole. */
export async function tokenAfter(ids: Uint32Array): Promise<number | undefined> {
  return (await (await createPlacement({ slots: 1 })).ask(ids)).token;
}
