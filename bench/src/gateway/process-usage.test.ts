import { expect, test } from '@jest/globals';
import { parseCpuTicks } from './process-usage.ts';

test('finds the processor time behind whatever a program is called', () => {
  const rest = 'S 1 2 2 0 -1 4194560 900 0 3 0 1234 56 7 8 20 0 11 0 98765 1000 200 18446744073709551615';
  expect(parseCpuTicks(`4242 (node) ${rest}`)).toBe(1290);
  expect(parseCpuTicks(`4242 (a) b (c d) ${rest}`)).toBe(1290);
});
