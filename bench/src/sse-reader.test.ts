import { expect, test } from '@jest/globals';
import { createSseReader } from './sse-reader.ts';

const read = (...pieces: readonly (string | Buffer)[]): string[] => {
  const events: string[] = [];
  const push = createSseReader((data) => events.push(data));
  for (const piece of pieces) push(Buffer.from(piece));
  return events;
};

test('delivers every event of one piece in order', () => {
  expect(read('data: {"a":1}\n\ndata: {"a":2}\n\ndata: [DONE]\n\n')).toEqual(['{"a":1}', '{"a":2}', '[DONE]']);
});

test('delivers the same events however the stream is cut', () => {
  const stream = Buffer.from('data: grün €\r\n\r\n: ping\n\ndata: 🦊\n\n');
  for (let cut = 1; cut < stream.length; cut++) {
    expect(read(stream.subarray(0, cut), stream.subarray(cut))).toEqual(['grün €', '🦊']);
  }
  expect(read(...Array.from(stream, (byte) => Buffer.of(byte)))).toEqual(['grün €', '🦊']);
});

test('joins the data lines of one event', () => {
  expect(read('data: one\ndata:two\n\n')).toEqual(['one\ntwo']);
});

test('skips comments, other fields and empty events', () => {
  expect(read(': keep-alive\n\nevent: ping\nid: 4\nretry: 10\n\n\n\ndata: x\n\n')).toEqual(['x']);
});

test('does not deliver an event the stream ends in the middle of', () => {
  expect(read('data: whole\n\ndata: half\n')).toEqual(['whole']);
});

test('keeps only one space back, as the standard says', () => {
  expect(read('data:  indented\n\n')).toEqual([' indented']);
});
