import { describe, expect, test } from '@jest/globals';
import { detectWatermark } from './detect-watermark.ts';
import { textPieces } from './text-pieces.ts';
import { KeyedNumbers } from './keyed-numbers.ts';
import { normalTail } from './normal-tail.ts';
import { Watermark } from './watermark.ts';

const KEY = '0123456789abcdef0123456789abcdef';
const watermark = new Watermark({ key: KEY, gamma: 0.25, delta: 2 });

describe('the keyed numbers', () => {
  test('of a row are those that are asked for one by one', () => {
    const numbers = new KeyedNumbers(KEY);
    for (const count of [1, 7, 8, 9, 1_003])
      expect([...numbers.row(70_000, count)]).toEqual(Array.from({ length: count }, (_, second) => numbers.at(70_000, second)));
  });

  test('another key, another token before, or another token gives another number', () => {
    const rowOf = (key: string, first: number): string => new KeyedNumbers(key).row(first, 64).join();
    expect(new Set([rowOf(KEY, 1), rowOf(KEY, 2), rowOf(`${KEY}0`, 1)]).size).toBe(3);
    expect(new Set(new KeyedNumbers(KEY).row(1, 64)).size).toBeGreaterThan(60);
    expect(rowOf(KEY, 1)).toBe(rowOf(KEY, 1));
  });
});

test('a share of gamma is green after any token, and other tokens after another', () => {
  const counts = [1, 2, 3].map((previous) => watermark.greenAfter(previous, 20_000));
  // Five standard deviations of a binomial distribution.
  for (const green of counts) expect(Math.abs(green.length - 5_000)).toBeLessThan(5 * Math.sqrt(20_000 * 0.25 * 0.75));
  const [first = new Uint32Array(0), second = new Uint32Array(0)] = counts;
  const inSecond = new Set(second);
  const both = first.filter((token) => inSecond.has(token)).length;
  expect(Math.abs(both - 1_250)).toBeLessThan(5 * Math.sqrt(20_000 * 0.0625 * 0.9375));
});

test('the green tokens of a vocabulary are those that are green one by one', () => {
  const green = Array.from({ length: 1_001 }, (_, token) => token).filter((token) => watermark.isGreen(5, token));
  expect([...watermark.greenAfter(5, 1_001)]).toEqual(green);
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
      const previous = tokens.at(-1) ?? 0;
      let token = (i * 7919) % 5_000;
      while (prefersGreen(i) && !watermark.isGreen(previous, token)) token = (token + 1) % 5_000;
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

describe('a text in pieces', () => {
  const join = (pieces: readonly string[]): string => pieces.join('');

  test('is the text, cut before spaces, and nowhere through a character', () => {
    const words = Array.from({ length: 500 }, (_, i) => `word${i}`).join(' ');
    const pieces = textPieces(words, 100);
    expect(join(pieces)).toBe(words);
    expect(pieces.slice(1).every((piece) => /^ word\d+/.test(piece) && piece.length <= 100)).toBe(true);
    const foxes = textPieces(`a${'🦊'.repeat(200)}`, 100);
    expect([join(foxes).length, foxes.every((piece) => piece.isWellFormed())]).toEqual([401, true]);
  });

  test('may be nothing', () => {
    expect(textPieces('', 100)).toEqual([]);
  });
});
