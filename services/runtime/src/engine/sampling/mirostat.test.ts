import { describe, expect, test } from '@jest/globals';
import { candidatesOf, evenDraws } from './candidates.harness.ts';
import { likeliestCount, Mirostat, zipfExponent } from './mirostat.ts';
import { SeededRandom } from './random.ts';

/** Zipf's law over a vocabulary. */
function zipf(exponent: number, size: number): number[] {
  const weights = Array.from({ length: size }, (_, i) => (i + 1) ** -exponent);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

describe('mirostat 2', () => {
  const params = { version: 2, tau: 3, eta: 0.1 } as const;

  test('keeps tokens of at most mu bits, and learns from how surprising the one was', () => {
    const mirostat = new Mirostat({ ...params, tau: 1 }, 4);
    // Bits of 0.5, 0.25, 0.125, 0.125 are 1, 2, 3, 3; mu starts at 2.
    const candidates = candidatesOf([0.5, 0.25, 0.125, 0.125]);
    expect(evenDraws(30).map((draw) => mirostat.choose(candidates, draw))).toEqual([...Array(20).fill(0), ...Array(10).fill(1)]);
    expect(mirostat.choose(candidates, 0.99)).toBe(1);
    mirostat.accept();
    // 1 has a third of what is kept: log2(3) bits.
    expect(mirostat.mu).toBeCloseTo(2 - 0.1 * (Math.log2(3) - 1), 12);
  });

  test('a choice that was not accepted teaches nothing', () => {
    const mirostat = new Mirostat(params, 4);
    mirostat.choose(candidatesOf([0.5, 0.5]), 0.1);
    expect(mirostat.mu).toBe(6);
  });

  test('always leaves one token', () => {
    const mirostat = new Mirostat({ version: 2, tau: 0.01, eta: 0.1 }, 4);
    expect(mirostat.choose(candidatesOf([0.4, 0.3, 0.3]), 0.99)).toBe(0);
  });

  test('wants more when a token of the rest could be kept', () => {
    const mirostat = new Mirostat(params, 4_096);
    expect(mirostat.choose(candidatesOf([0.5, 0.3], { share: 0.2, likeliest: 0.1 }), 0.1)).toBeUndefined();
    expect(mirostat.choose(candidatesOf([0.5, 0.49], { share: 0.01, likeliest: 0.001 }), 0.1)).toBe(0);
  });
});

test.each([1, 2] as const)('mirostat %d keeps the mean surprise near its target', (version) => {
  const tau = 4;
  const mirostat = new Mirostat({ version, tau, eta: 0.1 }, 1_000);
  const random = new SeededRandom(7);
  const probabilities = zipf(1.1, 1_000);
  const candidates = candidatesOf(probabilities);
  const surprises: number[] = [];
  for (let i = 0; i < 800; i++) {
    const before = mirostat.mu;
    mirostat.choose(candidates, random.next());
    mirostat.accept();
    surprises.push(tau + (before - mirostat.mu) / 0.1);
  }
  const settled = surprises.slice(200);
  expect(settled.reduce((sum, bits) => sum + bits, 0) / settled.length).toBeCloseTo(tau, 0);
});

describe('mirostat 1', () => {
  test('finds the exponent of a text that follows Zipf', () => {
    expect(zipfExponent(candidatesOf(zipf(1.3, 500)))).toBeCloseTo(1.3, 10);
  });

  test('keeps as many tokens as the formula of the paper says', () => {
    const [exponent, mu, vocabularySize] = [1.5, 4, 1_000];
    const epsilon = exponent - 1;
    const k = ((epsilon * 2 ** mu) / (1 - vocabularySize ** -epsilon)) ** (1 / exponent);
    expect(likeliestCount({ exponent, mu, vocabularySize })).toBeCloseTo(k, 12);
    expect(likeliestCount({ exponent: 1, mu, vocabularySize })).toBeCloseTo(likeliestCount({ exponent: 1 + 1e-7, mu, vocabularySize }), 4);
  });

  test('wants more when it keeps more than there are', () => {
    const mirostat = new Mirostat({ version: 1, tau: 5, eta: 0.1 }, 4_096);
    const all = zipf(1.1, 4_096);
    expect(mirostat.choose(candidatesOf(all.slice(0, 10), { share: 0.5, likeliest: all[10] ?? 0 }), 0.1)).toBeUndefined();
  });
});
