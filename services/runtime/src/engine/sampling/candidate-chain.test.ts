import { describe, expect, test } from '@jest/globals';
import type { SamplerParams } from '../engine.ts';
import { GREEDY } from '../greedy.ts';
import { CandidateChain } from './candidate-chain.ts';
import { candidatesOf, evenDraws } from './candidates.harness.ts';
import { DryBreakers } from './dry-breakers.ts';

const VOCABULARY = 4_096;
const WARM: SamplerParams = { ...GREEDY, temperature: 1 };
const shares = (params: SamplerParams, probabilities: readonly number[]): number[] => {
  const chain = new CandidateChain(params, VOCABULARY);
  const counts = probabilities.map(() => 0);
  for (const draw of evenDraws(1_000)) {
    const token = chain.choose(candidatesOf(probabilities), { token: draw, xtc: 0 }) ?? -1;
    counts[token] = (counts[token] ?? 0) + 1;
  }
  return counts.map((count) => count / 1_000);
};

describe('the chain', () => {
  test('samples what is left after truncation by its weight, and applies the temperature last', () => {
    expect(shares({ ...WARM, topK: 2 }, [0.6, 0.2, 0.2])).toEqual([0.75, 0.25, 0]);
    // Truncated at temperature 1: at 2 the second would have been within 0.7 of the whole.
    expect(shares({ ...WARM, temperature: 2, topP: 0.7 }, [0.8, 0.2])).toEqual([1, 0]);
    expect(shares({ ...WARM, temperature: 2, topK: 2 }, [0.64, 0.16, 0.2])[0]).toBeCloseTo(0.8 / (0.8 + Math.sqrt(0.2)), 2);
  });

  test('without chance takes the likeliest that is left', () => {
    expect(shares({ ...GREEDY, typicalP: 0.2 }, [0.4, 0.3, 0.15, 0.1, 0.05])).toEqual([0, 1, 0, 0, 0]);
    expect(shares({ ...GREEDY, xtc: { probability: 1, threshold: 0.1 } }, [0.4, 0.3, 0.15, 0.1, 0.05])).toEqual([0, 0, 0, 1, 0]);
  });

  test('counts what was accepted: penalties and DRY', () => {
    const chain = new CandidateChain({ ...GREEDY, presencePenalty: 1 }, VOCABULARY);
    const choose = () => chain.choose(candidatesOf([0.5, 0.3, 0.2]), { token: 0, xtc: 0 });
    expect(choose()).toBe(0);
    chain.accept(0);
    expect(choose()).toBe(1);
    const dry = { multiplier: 2, base: 1.75, allowedLength: 2, lastTokens: 64, breakers: new DryBreakers([]), history: [1, 2, 0, 1] };
    const careful = new CandidateChain({ ...GREEDY, dry }, VOCABULARY);
    careful.accept(2);
    expect(careful.choose(candidatesOf([0.5, 0.3, 0.2]), { token: 0, xtc: 0 })).toBe(1);
  });

  test('mirostat comes after the temperature', () => {
    // At temperature 0.5 the second token has 1/17 of the whole, 4.1 bits: above mu, which starts at 4.
    const mirostat = { version: 2, tau: 2, eta: 0.1 } as const;
    expect(shares({ ...WARM, mirostat }, [0.8, 0.2])).toEqual([0.8, 0.2]);
    expect(shares({ ...WARM, temperature: 0.5, mirostat }, [0.8, 0.2])).toEqual([1, 0]);
  });

  test('asks for more where what it was given does not settle the choice, and for nothing else', () => {
    const choose = (params: SamplerParams, share: number) =>
      new CandidateChain(params, VOCABULARY).choose(candidatesOf([0.5, 0.5 - share], { share, likeliest: 0.001 }), { token: 0.6, xtc: 0 });
    expect(choose({ ...WARM, topK: 3 }, 0.1)).toBeUndefined();
    expect(choose({ ...WARM, topK: 2 }, 0.1)).toBe(1);
    expect(choose({ ...WARM, topP: 0.95 }, 0.1)).toBeUndefined();
    expect(choose({ ...WARM, temperature: 0.7 }, 0.1)).toBe(1);
    expect(choose({ ...WARM, presencePenalty: -9, penaltyHistory: [77] }, 0.1)).toBe(1);
    expect(choose({ ...GREEDY, presencePenalty: -9, penaltyHistory: [77] }, 0.1)).toBeUndefined();
  });

  test('draws the same for the same seed, and one more number a token with XTC', () => {
    const seeded = (params: SamplerParams) => {
      const chain = new CandidateChain(params, VOCABULARY);
      return [chain.draws(), chain.draws()];
    };
    expect(seeded({ ...WARM, seed: 4 })).toEqual(seeded({ ...WARM, seed: 4 }));
    expect(seeded({ ...WARM, seed: 4 })).not.toEqual(seeded({ ...WARM, seed: 5 }));
    const [first] = seeded({ ...WARM, seed: 4, xtc: { probability: 0.5, threshold: 0.1 } });
    expect(first?.xtc).not.toBe(first?.token);
  });
});
