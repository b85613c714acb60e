import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { embedByHand, toUnitLength } from '@sluice/testing/tiny-encoder/forward-pass';
import { idOf, idsOfWords } from '@sluice/testing/tiny-encoder/vocabulary';
import type { Prompt__Output } from '@sluice/proto/v1/Prompt';
import { DEMO_MODEL } from '../test-support/demo-model.ts';
import { faultOf } from '../test-support/fault-of.ts';
import { loadTinyModel, loadVectors, type TinyModel } from '../test-support/tiny-model.ts';
import { embed } from './embed.ts';
import { unpackVector } from './unit-vector.ts';

const NEVER = new AbortController().signal;
const CONTEXT = 64;

type Options = { dimensions?: number; totalTokensMax?: number; inputTokensMax?: number };
type Served = Pick<TinyModel, 'model' | 'queue'>;

function ask(served: Served, inputs: readonly (string | readonly number[])[], options: Options = {}) {
  const prompts = inputs.map((input): Prompt__Output => (typeof input === 'string' ? { text: input } : { tokenIds: { ids: [...input] } }));
  return embed(served, { inputs: prompts, dimensions: 0, ...options }, NEVER);
}

async function vectorsOf(served: Served, inputs: readonly (string | readonly number[])[], options: Options = {}): Promise<number[][]> {
  const { embeddings = [] } = await ask(served, inputs, options);
  return embeddings.map(({ packed }) => Array.from(unpackVector(packed instanceof Uint8Array ? packed : new Uint8Array())));
}

function similarity(a: readonly number[] = [], b: readonly number[] = []): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

describe('embedding with a BERT', () => {
  let tiny: TinyModel;
  beforeAll(async () => {
    tiny = await loadTinyModel({ task: 'embed' });
  });
  afterAll(() => tiny.close());

  test('takes no adapters, whatever its settings did not say of its task', async () => {
    const adapters = [{ name: 'law', source: '/law.gguf', scale: 1 }];
    expect(await faultOf(loadTinyModel({ task: 'embed' }, { adapters }))).toMatchObject({ code: 'UNSUPPORTED_VALUE', param: 'adapters' });
  });

  const tokensOf = (text: string): number[] => [idOf('[CLS]'), ...idsOfWords(text), idOf('[SEP]')];

  test('is what the file says, with its own context', () => {
    expect(tiny.model).toMatchObject({ task: 'embed', engine: { contextTokens: CONTEXT, dimensions: 32, slots: 32 } });
  });

  test.each(['cat', 'the cat sat on the mat', 'where is the old stock market of the river bank'])(
    'gives the vector that the forward pass by hand gives: %s',
    async (text) => {
      const [vector] = await vectorsOf(tiny, [text]);
      embedByHand(tiny.encoder, tokensOf(text)).forEach((value, i) => expect(vector?.[i]).toBeCloseTo(value, 2));
      expect(similarity(vector, embedByHand(tiny.encoder, tokensOf(text)))).toBeGreaterThan(0.999_99);
      expect(Math.hypot(...(vector ?? []))).toBeCloseTo(1, 5);
    },
  );

  test('answers many inputs in their order, and each as if it were alone', async () => {
    const texts = ['the cat sat', 'stock market', 'a big red house', 'the cat sat'];
    const together = await vectorsOf(tiny, texts);
    const alone = await Promise.all(texts.map(async (text) => (await vectorsOf(tiny, [text]))[0]));
    expect(together).toEqual(alone);
    expect(together[0]).toEqual(together[3]);
    expect(together[0]).not.toEqual(together[1]);
  });

  test('puts texts that share words closer together than texts that share none', async () => {
    const [cat, cats, market] = await vectorsOf(tiny, [
      'the cat sat on the mat',
      'the old cat sat on the mat',
      'stock market money tax law',
    ]);
    expect(similarity(cat, cats)).toBeGreaterThan(similarity(cat, market));
  });

  test('counts the tokens that the model reads', async () => {
    expect((await ask(tiny, ['the cat', 'sat'])).promptTokens).toBe(4 + 3);
  });

  test('reads token ids as they are', async () => {
    const [text, ids] = await vectorsOf(tiny, ['the cat sat', tokensOf('the cat sat')]);
    expect(ids).toEqual(text);
    expect((await ask(tiny, [idsOfWords('the cat')])).promptTokens).toBe(2);
  });

  test('shortens vectors and makes them length 1 again', async () => {
    const [[whole = []], [short = []]] = await Promise.all([
      vectorsOf(tiny, ['the cat sat']),
      vectorsOf(tiny, ['the cat sat'], { dimensions: 8 }),
    ]);
    expect(short).toHaveLength(8);
    toUnitLength(whole.slice(0, 8)).forEach((value, i) => expect(short[i]).toBeCloseTo(value, 5));
  });

  test('refuses more dimensions than there are', async () => {
    expect(await faultOf(ask(tiny, ['cat'], { dimensions: 33 }))).toMatchObject({ code: 'INVALID_VALUE', param: 'dimensions' });
  });

  test('refuses to cut vectors that must not be', async () => {
    const fixed: Served = { ...tiny, model: { ...tiny.model, settings: { ...tiny.model.settings, hasFixedDimensions: true } } };
    expect(await faultOf(ask(fixed, ['cat'], { dimensions: 8 }))).toMatchObject({ code: 'UNSUPPORTED_VALUE', param: 'dimensions' });
    expect(await vectorsOf(fixed, ['cat'], { dimensions: 32 })).toHaveLength(1);
  });

  test('reads an input that just fits, and names one that does not by its place, its length and the limit', async () => {
    const fits = Array.from({ length: CONTEXT - 2 }, () => 'cat').join(' ');
    expect((await ask(tiny, [fits])).promptTokens).toBe(CONTEXT);
    const fault = await faultOf(ask(tiny, ['cat', `${fits} cat`]));
    expect(fault).toMatchObject({ code: 'CONTEXT_LENGTH_EXCEEDED', param: 'input[1]' });
    expect(fault.message).toContain('maximum context length is 64 tokens');
    expect(fault.message).toContain('65 tokens');
    const ids = Array.from({ length: CONTEXT + 1 }, () => idOf('[CLS]'));
    expect(await faultOf(ask(tiny, [ids]))).toMatchObject({ code: 'CONTEXT_LENGTH_EXCEEDED', param: 'input' });
  });

  test('holds an input to a narrower bound where it is given', async () => {
    expect(await faultOf(ask(tiny, ['the cat sat'], { inputTokensMax: 4 }))).toMatchObject({ code: 'CONTEXT_LENGTH_EXCEEDED' });
    expect((await ask(tiny, ['the cat sat'], { inputTokensMax: 5 })).promptTokens).toBe(5);
  });

  test('refuses a text before it is tokenised when no context can hold it', async () => {
    expect(await faultOf(ask(tiny, ['x'.repeat(100_000)]))).toMatchObject({ code: 'CONTEXT_LENGTH_EXCEEDED', param: 'input' });
  });

  test('reads nothing that is not paid for', async () => {
    expect(await faultOf(ask(tiny, ['the cat', 'sat'], { totalTokensMax: 6 }))).toMatchObject({ code: 'INSUFFICIENT_QUOTA' });
    expect((await ask(tiny, ['the cat', 'sat'], { totalTokensMax: 7 })).promptTokens).toBe(7);
  });

  test.each([
    [[], 'EMPTY_ARRAY', 'input'],
    [[''], 'INVALID_VALUE', 'input'],
    [['cat', ''], 'INVALID_VALUE', 'input[1]'],
    [['cat', '   '], 'INVALID_VALUE', 'input[1]'],
    [['cat', []], 'INVALID_VALUE', 'input[1]'],
    [[[1, 1_000_000]], 'INVALID_VALUE', 'input'],
    [Array.from({ length: 2_049 }, () => 'cat'), 'ARRAY_ABOVE_MAX_LENGTH', 'input'],
  ])('refuses %j', async (inputs, code, param) => {
    expect(await faultOf(ask(tiny, inputs))).toMatchObject({ code, param });
  });

  test('takes no more inputs than vectors of that length fit into one answer', async () => {
    const engine = Object.assign(Object.create(tiny.model.engine) as typeof tiny.model.engine, { dimensions: 4_096 });
    const large: Served = { ...tiny, model: { ...tiny.model, engine } };
    const fault = await faultOf(
      ask(
        large,
        Array.from({ length: 769 }, () => 'cat'),
      ),
    );
    expect(fault).toMatchObject({ code: 'ARRAY_ABOVE_MAX_LENGTH', param: 'input' });
    expect(fault.message).toContain('maximum length 768, for vectors of 4096 dimensions');
  });

  test('reads nothing more for a caller that has left', async () => {
    const controller = new AbortController();
    const answer = faultOf(embed(tiny, { inputs: [{ text: 'cat' }, { text: 'dog' }], dimensions: 0 }, controller.signal));
    controller.abort();
    expect((await answer).code).toBe('UPSTREAM_DISCONNECTED');
    expect(tiny.queue.snapshot().slotsBusy).toBe(0);
  });
});

describe('embedding with a model that was made to generate', () => {
  let demo: Omit<TinyModel, 'encoder'>;
  beforeAll(async () => {
    demo = await loadVectors(DEMO_MODEL, { task: 'embed', contextTokens: 128 });
  });
  afterAll(() => demo.close());

  test('answers what its last token makes of the text, whatever was read before', async () => {
    const [first] = await vectorsOf(demo, ['What is the capital of France?']);
    await vectorsOf(demo, ['Tell me a story about a fox that lived in the forest.']);
    const [again, other] = await vectorsOf(demo, ['What is the capital of France?', 'What is the capital of Spain?']);
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect(first).toHaveLength(demo.model.engine.dimensions);
  });
});
