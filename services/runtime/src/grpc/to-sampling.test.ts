import { describe, expect, test } from '@jest/globals';
import type { Sampling__Output } from '@sluice/proto/v1/Sampling';
import type { ProfileSettings } from '../models/profile.ts';
import { Watermark } from '../watermark/watermark.ts';
import { toSampling, type SamplingContext } from './to-sampling.ts';

const WATERMARK = new Watermark({ key: '0'.repeat(32), gamma: 0.25, delta: 2 });
const BYTES = Array.from({ length: 256 }, (_, id) => Uint8Array.of(id));

const context = (options: Partial<SamplingContext> = {}): SamplingContext => ({
  model: {
    settings: { samplingDefaults: { temperature: 0.7, topP: 0.95, topK: 40, minP: 0.05, repetitionPenalty: 1.1 } },
    tokenizer: { vocabularySize: 256, tokenBytes: BYTES, encodeMore: (text) => Uint32Array.from(Buffer.from(text)) },
    engine: { contextTokens: 100 },
  },
  prompt: Uint32Array.from({ length: 80 }, (_, i) => i),
  banEndOfGeneration: false,
  ...options,
});
const sampling = (wire: Partial<Sampling__Output> = {}, options: Partial<SamplingContext> = {}) =>
  toSampling({ logitBias: [], drySequenceBreakers: [], watermark: false, ...wire }, context(options));

describe('what a request leaves unset', () => {
  test("is what its profile says, else what the model's file says", () => {
    const profile: ProfileSettings = { temperature: 0.2, typical_p: 0.9, xtc_probability: 0.5, presence_penalty: 1 };
    expect(sampling({ temperature: 1.5 }, { profile })).toMatchObject({
      temperature: 1.5,
      typicalP: 0.9,
      presencePenalty: 1,
      xtc: { probability: 0.5, threshold: 0.1 },
      topK: 40,
      topP: 0.95,
    });
    expect(sampling({}, { profile }).temperature).toBe(0.2);
  });

  test('a seed is drawn, another every time', () => {
    expect(new Set(Array.from({ length: 20 }, () => sampling().seed)).size).toBe(20);
    expect(sampling({ seed: 7 }).seed).toBe(7);
  });

  test("DRY, XTC and mirostat are off, and on with llama.cpp's defaults", () => {
    expect(sampling()).toMatchObject({ dry: undefined, xtc: undefined, watermark: undefined, logprobs: undefined });
    const { dry } = sampling({ dryMultiplier: 0.8 });
    expect(dry).toMatchObject({ multiplier: 0.8, base: 1.75, allowedLength: 2, lastTokens: 64 });
    expect(['\n', ':', '"', '*', 'x'].map((text) => dry?.breakers.isBreaker(text.charCodeAt(0)))).toEqual([true, true, true, true, false]);
    expect(sampling({ mirostat: 2 })).toMatchObject({ mirostat: { version: 2, tau: 5, eta: 0.1 } });
  });
});

describe('DRY', () => {
  test('counts the prompt, as far as it looks back', () => {
    expect(sampling({ dryMultiplier: 1, dryPenaltyLastN: 3 }).dry?.history).toEqual([77, 78, 79]);
  });

  test('looks back at the whole context with -1, and at nothing with 0', () => {
    expect(sampling({ dryMultiplier: 1, dryPenaltyLastN: -1 }).dry?.lastTokens).toBe(100);
    expect(sampling({ dryMultiplier: 1, dryPenaltyLastN: 5_000 }).dry?.lastTokens).toBe(100);
    expect(sampling({ dryMultiplier: 1, dryPenaltyLastN: 0 }).dry).toBeUndefined();
  });

  test('takes breakers of its own instead of the usual ones', () => {
    const { dry } = sampling({ dryMultiplier: 1, drySequenceBreakers: ['ab'] });
    expect(dry?.breakers.isBreaker(10)).toBe(false);
    expect(dry?.breakers.endsWith([0, 97, 98])).toBe(true);
  });
});

test('mirostat replaces the truncation of the model and of the profile', () => {
  const params = sampling({ mirostat: 1 }, { profile: { min_p: 0.2, typical_p: 0.5, xtc_probability: 1 } });
  expect(params).toMatchObject({ topK: 0, topP: 1, minP: 0, temperature: 0.7 });
  expect(params.typicalP).toBeUndefined();
  expect(params.xtc).toBeUndefined();
});

test('penalties: presence and frequency count the output, repetition alone the prompt, too', () => {
  expect(sampling({ repetitionPenalty: 1.3 }).penaltyHistory).toHaveLength(80);
  expect(sampling({}, { profile: { repetition_penalty: 1.3 } }).penaltyHistory).toHaveLength(80);
  // The model's own, which is 1.1 here.
  expect(sampling().repetitionPenalty).toBe(1.1);
  expect(sampling().penaltyHistory).toHaveLength(80);
  expect(sampling({ repetitionPenalty: 1 }).penaltyHistory).toEqual([]);
  expect(sampling({ repetitionPenalty: 1.3, presencePenalty: 0.5 }).penaltyHistory).toEqual([]);
  expect(sampling({ frequencyPenalty: 0.5 }).penaltyHistory).toEqual([]);
});

test('a bias of -100 bans a token', () => {
  const { logitBias } = sampling({
    logitBias: [
      { tokenId: 5, bias: -100 },
      { tokenId: 6, bias: 3 },
    ],
  });
  expect([...logitBias]).toEqual([
    [5, Number.NEGATIVE_INFINITY],
    [6, 3],
  ]);
});

test("a watermark is the server's", () => {
  expect(sampling({ watermark: true }, { watermark: WATERMARK }).watermark).toBe(WATERMARK);
  expect(sampling({}, { watermark: WATERMARK }).watermark).toBeUndefined();
});

test.each<[Partial<Sampling__Output>, string]>([
  [{ temperature: Number.NaN }, 'temperature'],
  [{ typicalP: 0 }, 'typical_p'],
  [{ typicalP: 1.5 }, 'typical_p'],
  [{ dryMultiplier: -1 }, 'dry_multiplier'],
  [{ dryBase: 0.5 }, 'dry_base'],
  [{ dryPenaltyLastN: -2 }, 'dry_penalty_last_n'],
  [{ drySequenceBreakers: ['x'.repeat(41)] }, 'dry_sequence_breakers'],
  [{ drySequenceBreakers: [''] }, 'dry_sequence_breakers'],
  [{ drySequenceBreakers: Array.from({ length: 17 }, (_, i) => `${i}`) }, 'dry_sequence_breakers'],
  [{ xtcProbability: 2 }, 'xtc_probability'],
  [{ xtcThreshold: -1 }, 'xtc_threshold'],
  [{ mirostat: 3 }, 'mirostat'],
  [{ mirostat: 1, mirostatTau: 0 }, 'mirostat_tau'],
  [{ mirostat: 1, temperature: 0 }, 'mirostat'],
  [{ mirostat: 2, topK: 10 }, 'top_k'],
  [{ mirostat: 2, topP: 0.5 }, 'top_p'],
  [{ mirostat: 2, minP: 0.5 }, 'min_p'],
  [{ mirostat: 2, typicalP: 0.5 }, 'typical_p'],
  [{ mirostat: 2, xtcProbability: 0.5 }, 'xtc_probability'],
  [{ logitBias: [{ tokenId: 256, bias: 1 }] }, 'logit_bias'],
  [{ watermark: true }, 'watermark'],
])('refuses %j by name: %s', (wire, param) => {
  expect(() => sampling(wire)).toThrow(expect.objectContaining({ param }));
});

test('values that ask for nothing go with mirostat', () => {
  expect(() => sampling({ mirostat: 2, topK: 0, topP: 1, minP: 0, typicalP: 1, xtcProbability: 0 })).not.toThrow();
});

test('at most 20 alternatives have log probabilities', () => {
  expect(sampling({}, { logprobs: 20 }).logprobs).toBe(20);
  expect(() => sampling({}, { logprobs: 21 })).toThrow(expect.objectContaining({ param: 'top_logprobs' }));
});
