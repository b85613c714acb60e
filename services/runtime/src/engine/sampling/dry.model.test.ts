import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createLog } from '@sluice/platform/log';
import type { Llama, LlamaModel } from 'node-llama-cpp';
import { openLibrary } from '../../models/llama-library.ts';
import { DEMO_MODEL } from '../../test-support/demo-model.ts';
import { createTokenizer, type Tokenizer } from '../../text/tokenizer.ts';
import { bindingContext, bindingModel, createBindingSampler, type BindingContext, type BindingSamplerConfig } from '../binding.ts';
import { NO_TOKEN } from '../engine.ts';
import { GREEDY } from '../greedy.ts';
import { LlamaSampler } from '../llama-sampler.ts';
import { Utf8Ban } from '../utf8-ban.ts';
import { DryVocabulary } from './dry-vocabulary.ts';

const TOKENS = 120;

type Sample = (place: { logit: number; previous: number }) => Promise<number>;

let llama: Llama;
let model: LlamaModel;
let binding: BindingContext;
let tokenizer: Tokenizer;
beforeAll(async () => {
  const log = createLog({ service: 'test', level: 'silent' });
  llama = await openLibrary({ backend: 'cpu', library: 'prebuilt', threads: 1, log });
  model = await llama.loadModel({ modelPath: DEMO_MODEL });
  const context = await model.createContext({ sequences: 1, contextSize: 512, batchSize: 128, threads: 1 });
  binding = bindingContext(context);
  binding.setThreads(1);
  const { tokens } = model.fileInfo.metadata.tokenizer.ggml;
  tokenizer = createTokenizer(bindingModel(model), { size: tokens.length, eosToken: model.tokens.eos });
});
afterAll(() => model.dispose());

async function generate(sample: Sample): Promise<number[]> {
  const prompt = tokenizer.encode('<|im_start|>user\nTell me a story about a fox.<|im_end|>\n<|im_start|>assistant\n');
  binding.disposeSequence(0);
  const read = async (tokens: Uint32Array, position: number): Promise<number> => {
    binding.initBatch(tokens.length);
    const [logit = NO_TOKEN] = binding.addToBatch(0, position, tokens, Uint32Array.of(tokens.length - 1));
    await binding.decodeBatch();
    return sample({ logit, previous: tokens.at(-1) ?? NO_TOKEN });
  };
  const output = [await read(prompt, 0)];
  while (output.length < TOKENS) output.push(await read(Uint32Array.from(output.slice(-1)), prompt.length + output.length - 1));
  return output;
}

test.each([
  { multiplier: 0.8, base: 1.75, allowedLength: 2, lastTokens: 64, breakers: ['\n', ':', '"', '*'] },
  { multiplier: 0.8, base: 1.75, allowedLength: 1, lastTokens: 500, breakers: [] },
  { multiplier: 2, base: 1.2, allowedLength: 1, lastTokens: 500, breakers: ['. '] },
  { multiplier: 3, base: 2, allowedLength: 1, lastTokens: 30, breakers: ['the fox'] },
])('without a prompt to count, DRY takes the tokens that llama.cpp takes: %j', async ({ breakers, ...settings }) => {
  const createNativeSampler = () => createBindingSampler(llama, model);
  const ends = [...tokenizer.endOfGenerationTokens];
  const ban: BindingSamplerConfig = {
    seed: 1,
    tokenBiasKeys: Uint32Array.from(ends),
    tokenBiasValues: Float32Array.from(ends, () => Number.NEGATIVE_INFINITY),
  };
  const native = createNativeSampler();
  native.applyConfig(ban);
  const without = await generate(({ logit }) => binding.sampleToken(logit, native));
  native.applyConfig(
    Object.assign({}, ban, {
      dryRepeatPenaltyStrength: settings.multiplier,
      dryRepeatPenaltyBase: settings.base,
      dryRepeatPenaltyAllowedLength: settings.allowedLength,
      dryRepeatPenaltyLastTokens: settings.lastTokens,
      dryRepeatPenaltySequenceBreakers: breakers,
    }),
  );
  const expected = await generate(({ logit }) => binding.sampleToken(logit, native));
  const vocabulary = new DryVocabulary({ tokenBytes: tokenizer.tokenBytes, encode: (text) => [...tokenizer.encodeMore(text)] });
  const ours = new LlamaSampler({
    createNativeSampler,
    endOfGenerationTokens: ends,
    contextTokens: 512,
    vocabularySize: tokenizer.vocabularySize,
    utf8: new Utf8Ban(tokenizer.tokenBytes),
  });
  ours.configure({ ...GREEDY, banEndOfGeneration: true, dry: { ...settings, breakers: vocabulary.breakers(breakers), history: [] } });
  const sampled = await generate(async (place) => {
    const sample = await ours.sample({ binding, ...place });
    return typeof sample === 'number' ? sample : NO_TOKEN;
  });
  ours.dispose();
  native.dispose();
  expect(sampled).toEqual(expected);
  expect(expected).not.toEqual(without);
});
