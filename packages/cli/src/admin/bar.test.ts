import { expect, test } from '@jest/globals';
import { renderBar } from './bar.ts';

test('is as long as the share is large', () => {
  expect(renderBar(10, 10)).toBe('█'.repeat(16));
  expect(renderBar(5, 10)).toBe('█'.repeat(8));
  expect(renderBar(1, 32)).toBe('▌');
});

test('shows what is more than nothing, and nothing else', () => {
  expect(renderBar(1, 1_000_000)).toBe('▏');
  expect([renderBar(0, 10), renderBar(0, 0)]).toEqual(['', '']);
});
