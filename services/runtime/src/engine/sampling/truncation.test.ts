import { describe, expect, test } from '@jest/globals';
import { candidatesOf } from './candidates.harness.ts';
import { NO_REST, type Candidates } from './candidates.ts';
import { keepMinP } from './min-p.ts';
import { keepTopK } from './top-k.ts';
import { keepTopP } from './top-p.ts';
import { keepTypical } from './typical.ts';
import { excludeTopChoices } from './xtc.ts';

const FIVE = [0.4, 0.3, 0.15, 0.1, 0.05];
const kept = (candidates: Candidates | undefined) => candidates?.ids;
/** The same, with a candidate moved to another logit. */
const withLogit = (candidates: Candidates, place: number, logit: number): Candidates => ({
  ...candidates,
  logits: candidates.logits.map((each, i) => (i === place ? logit : each)),
});

describe('top_k', () => {
  test('keeps the likeliest by what the penalties have left of them', () => {
    expect(kept(keepTopK(candidatesOf(FIVE), 2))).toEqual([0, 1]);
    expect(kept(keepTopK(withLogit(candidatesOf(FIVE), 0, -9), 2))).toEqual([1, 2]);
  });

  test('0 keeps all, with what is beside them', () => {
    const candidates = candidatesOf(FIVE, { share: 0.1, likeliest: 0.01 });
    expect(keepTopK(candidates, 0)).toBe(candidates);
  });

  test('closes the rest out, and wants more where a token of the rest could be among the k', () => {
    const rest = { share: 0.1, likeliest: 0.04 };
    expect(keepTopK(candidatesOf(FIVE, rest), 5)?.rest).toEqual(NO_REST);
    expect(keepTopK(candidatesOf(FIVE, rest), 6)).toBeUndefined();
    expect(keepTopK(withLogit(candidatesOf(FIVE, rest), 3, -9), 4)?.ids).toEqual([0, 1, 2, 4]);
    expect(keepTopK(withLogit(candidatesOf(FIVE, rest), 3, -9), 5)).toBeUndefined();
  });
});

describe('top_p', () => {
  test('keeps the fewest that reach the share, the one that reaches it included', () => {
    expect(kept(keepTopP(candidatesOf(FIVE), 0.69))).toEqual([0, 1]);
    expect(kept(keepTopP(candidatesOf(FIVE), 0.71))).toEqual([0, 1, 2]);
    expect(kept(keepTopP(candidatesOf(FIVE), 0))).toEqual([0]);
  });

  test('counts the rest in the whole, and wants more where the share lies in it', () => {
    const half = candidatesOf([0.3, 0.2], { share: 0.5, likeliest: 0.01 });
    expect(kept(keepTopP(half, 0.4))).toEqual([0, 1]);
    expect(keepTopP(half, 0.6)).toBeUndefined();
    expect(keepTopP(candidatesOf([0.3, 0.2], { share: 0.5, likeliest: 0.25 }), 0.4)).toBeUndefined();
  });
});

describe('min_p', () => {
  test('keeps those at least so many times as likely as the likeliest', () => {
    expect(kept(keepMinP(candidatesOf(FIVE), 0.3))).toEqual([0, 1, 2]);
    expect(kept(keepMinP(withLogit(candidatesOf(FIVE), 0, -9), 0.5))).toEqual([1, 2]);
  });

  test('wants more where a token of the rest would be kept', () => {
    expect(kept(keepMinP(candidatesOf(FIVE, { share: 0.1, likeliest: 0.02 }), 0.1))).toEqual([0, 1, 2, 3, 4]);
    expect(keepMinP(candidatesOf(FIVE, { share: 0.1, likeliest: 0.05 }), 0.1)).toBeUndefined();
  });
});

describe('typical_p', () => {
  // Surprises 0.92, 1.20, 1.90, 2.30, 3.00 nats; the entropy is 1.39, so the order by distance is 1, 0, 2, 3, 4.
  test('keeps those of nearest to average surprise until they hold more than the share', () => {
    expect(kept(keepTypical(candidatesOf(FIVE), 0.2))).toEqual([1]);
    expect(kept(keepTypical(candidatesOf(FIVE), 0.6))).toEqual([0, 1]);
    expect(kept(keepTypical(candidatesOf(FIVE), 0.72))).toEqual([0, 1, 2]);
  });

  test('may drop the likeliest', () => {
    expect(kept(keepTypical(candidatesOf([0.4, ...Array.from({ length: 60 }, () => 0.01)]), 0.3))).not.toContain(0);
  });

  test('wants more where the rest could move the entropy, or be typical', () => {
    expect(keepTypical(candidatesOf(FIVE, { share: 0.01, likeliest: 0.001 }), 0.2)).toBeUndefined();
    expect(kept(keepTypical(candidatesOf(FIVE, { share: 1e-4, likeliest: 1e-5 }), 0.2))).toEqual([1]);
    expect(keepTypical(candidatesOf(FIVE, { share: 1e-4, likeliest: 0.3 }), 0.6)).toBeUndefined();
  });
});

describe('XTC', () => {
  const params = { probability: 0.5, threshold: 0.12 };

  test('leaves of all top choices only the least likely, as often as it should', () => {
    expect(kept(excludeTopChoices(candidatesOf(FIVE), params, 0.5))).toEqual([2, 3, 4]);
    expect(kept(excludeTopChoices(candidatesOf(FIVE), params, 0.51))).toEqual([0, 1, 2, 3, 4]);
  });

  test('changes nothing with one top choice, or with a threshold that two tokens cannot reach', () => {
    expect(kept(excludeTopChoices(candidatesOf(FIVE), { probability: 1, threshold: 0.35 }, 0))).toEqual([0, 1, 2, 3, 4]);
    expect(kept(excludeTopChoices(candidatesOf([0.5, 0.5]), { probability: 1, threshold: 0.51 }, 0))).toEqual([0, 1]);
  });

  test('keeps what is known of the rest, and wants more where a top choice may be in it', () => {
    const rest = { share: 0.1, likeliest: 0.05 };
    expect(excludeTopChoices(candidatesOf(FIVE, rest), params, 0)?.rest).toEqual(candidatesOf(FIVE, rest).rest);
    expect(excludeTopChoices(candidatesOf(FIVE, { share: 0.5, likeliest: 0.2 }), params, 0)).toBeUndefined();
  });
});
