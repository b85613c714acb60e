import { expect, test } from '@jest/globals';
import { Penalties } from './penalties.ts';

test("presence counts once and frequency every time, as in OpenAI's formula", () => {
  const penalties = new Penalties({ repetition: 1, presence: 0.5, frequency: 0.25 }, []);
  for (const token of [7, 7, 7, 8]) penalties.accept(token);
  expect(penalties.penalised(7, 2)).toBeCloseTo(2 - 0.5 - 3 * 0.25, 12);
  expect(penalties.penalised(8, 2)).toBeCloseTo(2 - 0.5 - 0.25, 12);
  expect(penalties.penalised(9, 2)).toBe(2);
});

test('repetition divides what is positive and multiplies what is negative, and counts the history', () => {
  const penalties = new Penalties({ repetition: 2, presence: 0, frequency: 0 }, [7]);
  expect(penalties.penalised(7, 3)).toBe(1.5);
  expect(penalties.penalised(7, -3)).toBe(-6);
});

test('says how high a token may come out where a penalty raises', () => {
  const raising = new Penalties({ repetition: 1, presence: -1, frequency: -0.5 }, [7, 7, 8]);
  expect(raising.highest(2)).toBe(raising.penalised(7, 2));
  const lowering = new Penalties({ repetition: 1.5, presence: 1, frequency: 0 }, [7]);
  expect(lowering.highest(2)).toBe(2);
  expect(new Penalties({ repetition: 0.5, presence: 0, frequency: 0 }, [7]).highest(2)).toBe(4);
});
