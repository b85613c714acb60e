import { describe, expect, test } from '@jest/globals';
import type { BindingContext, BindingSampler } from './binding.ts';
import { NO_TOKEN, type Sampler } from './engine.ts';
import { GREEDY } from './greedy.ts';
import { LlamaEngine } from './llama-engine.ts';
import { Utf8Ban } from './utf8-ban.ts';

/** An engine on a binding that does as the test says; every native sampler takes the token 5. */
function setUp(options: { sampleToken?: (logit: number) => Promise<number>; applyConfig?: () => void } = {}) {
  const disposed: BindingSampler[] = [];
  const refused = (): never => {
    throw new Error('not in this test');
  };
  const binding: BindingContext = {
    initBatch() {},
    addToBatch: (sequence, _position, _tokens, logits) => logits.map((logit) => 10 * sequence + logit),
    decodeBatch: () => Promise.resolve(),
    sampleToken: refused,
    disposeSequence: refused,
    removeTokenCellsFromSequence: refused,
    getSequenceKvCacheMaxPosition: refused,
    copySequenceStateFromOtherSequence: refused,
    setThreads: refused,
    saveSequenceStateToFile: refused,
    loadSequenceStateFromFile: refused,
    setLoras: refused,
  };
  Reflect.set(binding, 'sampleToken', options.sampleToken ?? (() => Promise.resolve(5)));
  const engine = new LlamaEngine({
    binding,
    createNativeSampler: () => {
      const sampler: BindingSampler = {
        applyConfig: () => options.applyConfig?.(),
        dispose: () => void disposed.push(sampler),
      };
      return sampler;
    },
    loadNativeAdapter: refused,
    grammars: { compile: refused, clone: refused, canBeNext: refused, accept: refused },
    endOfGenerationTokens: [2],
    slots: 4,
    contextTokens: 64,
    batchTokens: 64,
    vocabularySize: 32,
    utf8: new Utf8Ban([]),
    isPoolSerial: false,
    close: () => Promise.resolve(),
  });
  return { engine, disposed };
}

describe('a native sampler that fails', () => {
  const failure = new Error('planned');
  /** Slot 1's logits cannot be sampled from. */
  const sampleToken = (logit: number): Promise<number> => (Math.floor(logit / 10) === 1 ? Promise.reject(failure) : Promise.resolve(5));
  const itemsOf = (samplers: readonly Sampler[]) => samplers.map((sampler, slot) => ({ slot, position: 3, token: 4, sampler }));

  test('fails its own item, which says why, and none beside it: at a decode step', async () => {
    const { engine } = setUp({ sampleToken });
    const samplers = [0, 1, 2].map(() => engine.acquireSampler(GREEDY));
    const { tokens, failures } = await engine.decode(itemsOf(samplers));
    expect(tokens).toEqual([5, NO_TOKEN, 5]);
    expect(failures).toEqual([undefined, failure, undefined]);
  });

  test('fails its own item, which says why, and none beside it: at a step of guesses', async () => {
    const { engine } = setUp({ sampleToken });
    const samplers = [0, 1, 2].map(() => engine.acquireSampler(GREEDY));
    const { tokens, failures } = await engine.verify(itemsOf(samplers).map((item) => Object.assign(item, { draft: [5] })));
    expect(tokens).toEqual([[5, 5], [NO_TOKEN], [5, 5]]);
    expect(failures).toEqual([undefined, failure, undefined]);
  });

  test('fails its own prompt, which says why', async () => {
    const { engine } = setUp({ sampleToken });
    const chunks = [0, 1].map((slot) => ({ slot, position: 0, tokens: Uint32Array.of(3, 4), sampler: engine.acquireSampler(GREEDY) }));
    const { tokens, failures } = await engine.prefill(chunks);
    expect(tokens).toEqual([5, NO_TOKEN]);
    expect(failures).toEqual([undefined, failure]);
  });

  test('says nothing of failures where there are none', async () => {
    const { engine } = setUp();
    expect(await engine.decode(itemsOf([engine.acquireSampler(GREEDY)]))).not.toHaveProperty('failures');
  });

  test('to be set up is given to nobody else', () => {
    let isBroken = false;
    const applyConfig = (): void => {
      if (isBroken) throw failure;
    };
    const { engine, disposed } = setUp({ applyConfig });
    engine.releaseSampler(engine.acquireSampler(GREEDY));
    isBroken = true;
    expect(() => engine.acquireSampler(GREEDY)).toThrow('planned');
    expect(disposed).toHaveLength(1);
    isBroken = false;
    engine.acquireSampler(GREEDY);
    expect(disposed).toHaveLength(1);
  });
});
