import { describe, expect, test } from '@jest/globals';
import { DryBreakers } from './dry-breakers.ts';
import { Dry, type DryParams } from './dry.ts';
import { SeededRandom } from './random.ts';

const NO_BREAKERS = new DryBreakers([]);
const PARAMS: DryParams = { multiplier: 0.8, base: 1.75, allowedLength: 2, lastTokens: 64, breakers: NO_BREAKERS };

describe('DRY', () => {
  test('takes multiplier · base^(length − allowed) from what would go on a repetition', () => {
    const dry = new Dry(PARAMS, [1, 2, 3, 4, 9, 1, 2, 3]);
    // "1 2 3" is repeated, 4 would make it longer.
    expect(dry.penalty(4)).toBeCloseTo(0.8 * 1.75 ** (3 - 2), 12);
    expect(dry.penalty(9)).toBe(0);
  });

  test('repetitions below the allowed length cost nothing', () => {
    const dry = new Dry(PARAMS, [1, 2, 9, 2]);
    expect(dry.penalty(9)).toBe(0);
    dry.accept(9);
    expect(dry.penalty(2)).toBeCloseTo(0.8, 12);
  });

  test('does not look across a sequence breaker, and never punishes one', () => {
    const breakers = new DryBreakers([[5]]);
    expect(new Dry({ ...PARAMS, breakers }, [1, 5, 2, 4, 1, 5, 2]).penalty(4)).toBe(0);
    expect(new Dry(PARAMS, [1, 5, 2, 4, 1, 5, 2]).penalty(4)).toBeGreaterThan(0);
    expect(new Dry({ ...PARAMS, breakers }, [1, 2, 3, 5, 1, 2, 3]).penalty(5)).toBe(0);
  });

  test('a breaker of several tokens counts when it is complete', () => {
    const breakers = new DryBreakers([[5, 6]]);
    expect(new Dry({ ...PARAMS, breakers }, [1, 5, 6, 2, 4, 1, 5, 6, 2]).penalty(4)).toBe(0);
    expect(new Dry({ ...PARAMS, breakers }, [1, 5, 2, 4, 1, 5, 2]).penalty(4)).toBeGreaterThan(0);
  });

  test('looks back at so many tokens only', () => {
    const history = [1, 2, 3, 4, 9, 9, 9, 9, 1, 2, 3];
    expect(new Dry({ ...PARAMS, lastTokens: 11 }, history).penalty(4)).toBeGreaterThan(0);
    expect(new Dry({ ...PARAMS, lastTokens: 9 }, history).penalty(4)).toBe(0);
  });

  test('a large power stays a number', () => {
    const dry = new Dry(
      { ...PARAMS, lastTokens: 1_000, base: 100 },
      Array.from({ length: 900 }, () => 7),
    );
    expect(Number.isFinite(dry.penalty(7))).toBe(true);
  });

  test('agrees with the definition on random texts, however they came in', () => {
    const random = new SeededRandom(3);
    const breakers = new DryBreakers([[0]]);
    for (let round = 0; round < 60; round++) {
      const params = { ...PARAMS, breakers, lastTokens: 8 + Math.floor(random.next() * 60), allowedLength: Math.floor(random.next() * 4) };
      const text = Array.from({ length: 200 }, () => Math.floor(random.next() * 4));
      const given = Math.floor(random.next() * 200);
      const dry = new Dry(params, text.slice(0, given));
      for (const token of text.slice(given)) dry.accept(token);
      const expected = byDefinition(params, text.slice(-params.lastTokens));
      for (const token of [0, 1, 2, 3]) expect(dry.penalty(token)).toBeCloseTo(expected(token), 9);
    }
  });
});

/** For every earlier place: how many tokens before it are those at the end, up to the last breaker. */
function byDefinition({ multiplier, base, allowedLength, breakers }: DryParams, window: readonly number[]): (token: number) => number {
  let sinceBreaker = 0;
  while (sinceBreaker < window.length && !breakers.isBreaker(window[window.length - 1 - sinceBreaker] ?? -1)) sinceBreaker++;
  return (token) => {
    let longest = 0;
    for (let place = 1; place < window.length; place++) {
      if (window[place] !== token || breakers.isBreaker(token)) continue;
      let length = 0;
      while (length < Math.min(place, sinceBreaker) && window[place - 1 - length] === window[window.length - 1 - length]) length++;
      longest = Math.max(longest, length);
    }
    return longest >= Math.max(1, allowedLength) ? multiplier * base ** (longest - allowedLength) : 0;
  };
}
