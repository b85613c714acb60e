import { describe, expect, test } from '@jest/globals';
import { candidatesOf, evenDraws } from './candidates.harness.ts';
import { drawToken, likeliest } from './draw.ts';
import { applyTemperature, applyTemperatureLast } from './temperature.ts';

describe('drawing a token', () => {
  test('gives each as often as its probability says', () => {
    const probabilities = [0.5, 0.3, 0.2];
    const tokens = evenDraws(1_000).map((draw) => drawToken(candidatesOf(probabilities), draw));
    expect([0, 1, 2].map((token) => tokens.filter((each) => each === token).length)).toEqual([500, 300, 200]);
  });

  test('wants more exactly when the draw falls into the rest, and then gives each of the rest its part', () => {
    const all = [0.5, 0.3, 0.1, 0.1];
    const some = candidatesOf(all.slice(0, 2), { share: 0.2, likeliest: 0.1 });
    for (const draw of evenDraws(1_000)) {
      const token = drawToken(some, draw);
      if (draw < 0.8) expect(token).toBe(drawToken(candidatesOf(all), draw));
      else expect(token).toBeUndefined();
    }
  });

  test('a temperature makes it sharper or flatter', () => {
    const warm = applyTemperature(candidatesOf([0.8, 0.2]), 2);
    const first = evenDraws(3_000).filter((draw) => drawToken(warm, draw) === 0).length;
    // √0.8 / (√0.8 + √0.2) is two thirds.
    expect(first).toBe(2_000);
  });

  test('wants more before a temperature when the rest weighs something that nobody knows at it', () => {
    expect(applyTemperatureLast(candidatesOf([0.8, 0.1], { share: 0.1, likeliest: 0.01 }), 0.5)).toBeUndefined();
    expect(applyTemperatureLast(candidatesOf([0.8, 0.2], { share: 1e-5, likeliest: 1e-6 }), 0.5)?.rest.weight).toBe(0);
  });
});

test('the likeliest is wanted anew when a token of the rest could be above it', () => {
  expect(likeliest(candidatesOf([0.5, 0.3], { share: 0.2, likeliest: 0.2 }))).toBe(0);
  const penalised = { ...candidatesOf([0.5, 0.3], { share: 0.2, likeliest: 0.2 }), logits: [-9, -8] };
  expect(likeliest(penalised)).toBeUndefined();
});
