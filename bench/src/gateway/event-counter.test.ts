import { expect, test } from '@jest/globals';
import { EventCounter } from './event-counter.ts';

const STREAM = [
  'data: {"delta":{"role":"assistant","content":""}}',
  'data: {"delta":{"content":"Hi"}}',
  'data: {"delta":{"content":" you"}}',
  'data: [DONE]',
]
  .map((event) => `${event}\n\n`)
  .join('');

test.each([1, 2, 3, 5, 11, 1_000])('counts every event once in pieces of %i bytes', (pieceBytes) => {
  const counter = new EventCounter();
  const bytes = Buffer.from(STREAM);
  for (let at = 0; at < bytes.length; at += pieceBytes) counter.push(bytes.subarray(at, at + pieceBytes));
  expect(counter.events).toBe(4);
});

test.each([1, 4, 1_000])('sees the first text, and not the empty content before it, in pieces of %i bytes', (pieceBytes) => {
  const counter = new EventCounter();
  const bytes = Buffer.from(STREAM);
  const firstText = STREAM.indexOf('Hi') + 1;
  let seenAt = -1;
  for (let at = 0; at < bytes.length && seenAt < 0; at += pieceBytes) {
    counter.push(bytes.subarray(at, at + pieceBytes));
    if (counter.hasText) seenAt = Math.min(at + pieceBytes, bytes.length);
  }
  expect(seenAt).toBe(Math.min(Math.ceil(firstText / pieceBytes) * pieceBytes, bytes.length));
});

test('a whole answer counts as no event, and has text', () => {
  const counter = new EventCounter();
  counter.push(Buffer.from('{"choices":[{"message":{"role":"assistant","content":"Hi"}}]}'));
  expect([counter.events, counter.hasText]).toEqual([0, true]);
});
