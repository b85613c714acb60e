import { describe, expect, test } from '@jest/globals';
import { ResponseReader } from './response-reader.ts';

const SIZED = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"a":"b\nc"}';
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\ndata: \r\n19;x=y\r\n{"content":"a\r\nb"}\n\ndone\n\r\n0\r\n\r\n';
const REFUSED = 'HTTP/1.1 429 Too Many Requests\r\ncontent-length: 2\r\nConnection: close\r\n\r\n{}';
const EMPTY = 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n';

type Heard = { status: number; body: string; mayReuse: boolean };

function read(text: string, pieceBytes: number): Heard[] {
  const heard: Heard[] = [];
  let status = 0;
  let body = '';
  const reader = new ResponseReader({
    head: (value) => (status = value),
    body: (bytes) => (body += bytes.toString('latin1')),
    end: (mayReuse) => {
      heard.push({ status, body, mayReuse });
      body = '';
    },
  });
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += pieceBytes) reader.push(bytes.subarray(at, at + pieceBytes));
  return heard;
}

describe('responses on one connection', () => {
  test.each([1, 2, 3, 7, 16, 10_000])('are told apart in pieces of %i bytes', (pieceBytes) => {
    expect(read(SIZED + CHUNKED + EMPTY + REFUSED, pieceBytes)).toEqual([
      { status: 200, body: '{"a":"b\nc"}', mayReuse: true },
      { status: 200, body: 'data: {"content":"a\r\nb"}\n\ndone\n', mayReuse: true },
      { status: 204, body: '', mayReuse: true },
      { status: 429, body: '{}', mayReuse: false },
    ]);
  });

  test('do not end before their last byte', () => {
    expect(read(SIZED.slice(0, -1), 10_000)).toEqual([]);
    expect(read(CHUNKED.slice(0, -1), 10_000)).toEqual([]);
  });

  test.each(['nonsense\r\n\r\n', 'HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 200 OK\r\nserver: x\r\n\r\nbody until the end'])(
    'are refused when they are none of ours to read: %j',
    (text) => {
      expect(() => read(text, 10_000)).toThrow();
    },
  );

  test('are refused when a chunk has no size', () => {
    expect(() => read('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 10_000)).toThrow('not a chunk size');
  });
});
