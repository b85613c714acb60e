import { expect, test } from '@jest/globals';
import { piecesOf } from './mock-upstream.ts';

const event = (content: string): string => `data: {"choices":[{"delta":{"content":"${content}"}}]}\n\n`;

test('cuts a stream into one piece for each text, and loses no byte', () => {
  const stream = `${event('')}${event('a')}${event('b')}${event('c')}data: {"finish_reason":"stop"}\n\ndata: [DONE]\n\n`;
  const pieces = piecesOf(stream);
  expect(pieces).toHaveLength(3);
  expect(pieces.join('')).toBe(stream);
  expect(pieces[0]).toBe(event('') + event('a'));
  expect(pieces[1]).toBe(event('b'));
});

test('a stream of one text is one piece', () => {
  expect(piecesOf(`${event('')}${event('a')}data: [DONE]\n\n`)).toEqual([`${event('')}${event('a')}data: [DONE]\n\n`]);
});
