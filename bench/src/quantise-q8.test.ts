import { expect, test } from '@jest/globals';
import { quantiseQ8 } from './quantise-q8.ts';

const dequantise = (bytes: Uint8Array): number[] => {
  const view = new DataView(bytes.buffer);
  return Array.from({ length: (bytes.length / 34) * 32 }, (_, i) => {
    const at = Math.floor(i / 32) * 34;
    return float16(view.getUint16(at, true)) * view.getInt8(at + 2 + (i % 32));
  });
};

const float16 = (bits: number): number => {
  const exponent = bits >> 10;
  const mantissa = bits & 1023;
  return exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15);
};

test.each([1, 0.04, 0.01, 3000])('brings back values up to %p with an error below half a step', (largest) => {
  const values = Float32Array.from({ length: 64 }, (_, i) => largest * Math.sin(i * 1.7));
  const back = dequantise(quantiseQ8(values));
  values.forEach((value, i) => expect(Math.abs((back[i] ?? Number.NaN) - value)).toBeLessThan((largest / 127) * 0.6));
});

test('keeps zeros zero', () => {
  expect(quantiseQ8(new Float32Array(32))).toEqual(new Uint8Array(34));
});

test('refuses a part of a block', () => {
  expect(() => quantiseQ8(new Float32Array(33))).toThrow(RangeError);
});

test('refuses values whose scale does not fit a float16', () => {
  expect(() => quantiseQ8(new Float32Array(32).fill(1e7))).toThrow(RangeError);
});
