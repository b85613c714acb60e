import { expect, test } from '@jest/globals';
import { parseStat } from './process-usage.ts';

test('finds the processor time behind whatever a program is called', () => {
  const rest = 'S 17 2 2 0 -1 4194560 900 0 3 0 1234 56 7 8 20 0 11 0 98765 1000 200 18446744073709551615';
  expect(parseStat(`4242 (node) ${rest}`)).toEqual({ parent: 17, own: 1290, ended: 15 });
  expect(parseStat(`4242 (a) b (c d) ${rest}`)).toEqual({ parent: 17, own: 1290, ended: 15 });
});
