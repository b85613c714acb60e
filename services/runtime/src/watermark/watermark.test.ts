import { describe, expect, test } from '@jest/globals';
import { detectWatermark } from './detect-watermark.ts';
import { absorb, finish, KeyedHash, start } from './keyed-hash.ts';
import { normalTail } from './normal-tail.ts';
import { Watermark } from './watermark.ts';

const KEY = '0123456789abcdef0123456789abcdef';
const watermark = new Watermark({ key: KEY, gamma: 0.25, delta: 2 });

describe('the keyed hash', () => {
  test("is HalfSipHash-2-4: the authors' vectors for messages of 0, 1 and 2 bytes", () => {
    const keyed = start(0x03020100, 0x07060504);
    expect(finish(absorb(keyed, 0))).toBe(0x5b9f35a9);
    expect(finish(absorb(keyed, 1 << 24))).toBe(0xb85a4727);
    expect(finish(absorb(keyed, (2 << 24) | 0x0100))).toBe(0x03a662fa);
  });

  test('another key, another token before, or another token gives another number', () => {
    const hash = new KeyedHash(KEY);
    const numbers = [hash.after(1)(2), hash.after(2)(1), hash.after(1)(3), new KeyedHash(`${KEY}0`).after(1)(2)];
    expect(new Set(numbers).size).toBe(4);
    expect(new KeyedHash(KEY).after(1)(2)).toBe(numbers[0]);
  });
});

test('a share of gamma is green after any token, and other tokens after another', () => {
  const counts = [1, 2, 3].map((previous) => {
    const isGreen = watermark.greenAfter(previous);
    return Array.from({ length: 20_000 }, (_, token) => token).filter(isGreen);
  });
  // Five standard deviations of a binomial distribution.
  for (const green of counts) expect(Math.abs(green.length - 5_000)).toBeLessThan(5 * Math.sqrt(20_000 * 0.25 * 0.75));
  const [first = [], second = []] = counts;
  const inSecond = new Set(second);
  const both = first.filter((token) => inSecond.has(token)).length;
  expect(Math.abs(both - 1_250)).toBeLessThan(5 * Math.sqrt(20_000 * 0.0625 * 0.9375));
});

test.each([
  [0, 0.5],
  [1, 0.158655253931457],
  [2.5, 0.00620966532577614],
  [4, 3.16712418331199e-5],
  [8, 6.22096057427178e-16],
  [-1, 0.841344746068543],
])('the normal distribution is above %d with the probability of the tables', (z, p) => {
  expect(normalTail(z) / p).toBeCloseTo(1, 9);
});

describe('the detector', () => {
  /** A walk that prefers green tokens as strongly as it is told. */
  const walk = (length: number, prefersGreen: (i: number) => boolean): number[] => {
    const tokens = [1];
    for (let i = 1; tokens.length < length; i++) {
      const isGreen = watermark.greenAfter(tokens.at(-1) ?? 0);
      let token = (i * 7919) % 5_000;
      while (prefersGreen(i) && !isGreen(token)) token = (token + 1) % 5_000;
      tokens.push(token);
    }
    return tokens;
  };

  test('scores by the formula of the paper', () => {
    const tokens = walk(101, () => true);
    const { scoredTokens, greenTokens, zScore, pValue } = detectWatermark(tokens, watermark);
    expect([scoredTokens, greenTokens]).toEqual([100, 100]);
    expect(zScore).toBeCloseTo((100 - 25) / Math.sqrt(100 * 0.25 * 0.75), 12);
    expect(pValue).toBe(normalTail(zScore));
  });

  test('finds a marked text, not an unmarked one, and not with another key', () => {
    const marked = walk(200, (i) => i % 2 === 0);
    expect(detectWatermark(marked, watermark).zScore).toBeGreaterThan(4);
    expect(
      Math.abs(
        detectWatermark(
          walk(200, () => false),
          watermark,
        ).zScore,
      ),
    ).toBeLessThan(4);
    expect(Math.abs(detectWatermark(marked, new Watermark({ key: 'f'.repeat(32), gamma: 0.25, delta: 2 })).zScore)).toBeLessThan(4);
  });

  test('counts a pair that comes again once', () => {
    const pair = walk(2, () => true);
    const repeated = Array.from({ length: 100 }, () => pair).flat();
    // The pair itself and the step back from its end to its beginning.
    expect(detectWatermark(repeated, watermark).scoredTokens).toBe(2);
  });

  test('a text of one token proves nothing', () => {
    expect(detectWatermark([5], watermark)).toEqual({ scoredTokens: 0, greenTokens: 0, zScore: 0, pValue: 1 });
  });
});
