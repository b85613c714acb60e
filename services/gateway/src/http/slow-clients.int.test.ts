import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { until } from '@sluice/testing/until';
import { exchangeBytes, trickle } from '../test-support/raw-http.ts';
import { startHttpServer, type HttpServerOptions } from './http-server.ts';

/** More than the buffers of two sockets hold. */
const ANSWER = Buffer.alloc(64 * 1024 * 1024);
const TIMINGS = { headersMs: 100, requestMs: 200, checkMs: 20, stallMs: 200 };

async function start(listener: (req: IncomingMessage, res: ServerResponse) => void, options: Partial<HttpServerOptions> = {}) {
  const server = await startHttpServer(listener, { host: '127.0.0.1', port: 0, timings: TIMINGS, ...options });
  return { port: server.port, [Symbol.dispose]: () => server.close() };
}

describe('a client that takes its time', () => {
  test.each([
    ['its headers', 'GET / HTTP/1.1\r\nhost: x\r\nx-slow: '],
    ['its body', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n12345'],
  ])('over %s is answered 408 and cut off', async (_what, bytes) => {
    using server = await start(() => {});
    const answer = await exchangeBytes(server.port, bytes);
    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(answer).toContain('"code":"request_timeout"');
  });

  test.each([
    ['header line', 'GET / HTTP/1.1\r\nhost: x\r\nx-slow: ', 'a'],
    ['header after the other', 'GET / HTTP/1.1\r\nhost: x\r\n', 'a: b\r\n'],
    ['body', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n', 'a'],
    ['body in chunks', 'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n', '1\r\na\r\n'],
  ])('over one %s, byte by byte, is cut off all the same', async (_what, head, byte) => {
    using server = await start((req) => req.resume());
    expect(await trickle(server.port, head, byte)).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('over its first byte is cut off', async () => {
    using server = await start(() => {});
    expect(await exchangeBytes(server.port, '')).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('over the second request of a connection is cut off', async () => {
    using server = await start((_req, res) => res.end('x'));
    const answer = await exchangeBytes(server.port, 'GET / HTTP/1.1\r\nhost: x\r\n\r\nGET / HTTP/1.1\r\nho');
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 408']);
  });

  test('over reading its answer is cut off when it takes nothing, and the answer let go', async () => {
    let closed: Promise<unknown> | undefined;
    using server = await start((_req, res) => {
      closed = once(res, 'close').then(() => res.writableFinished);
      res.end(ANSWER);
    });
    const socket = connect(server.port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n'));
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.pause();
    expect(await (await until(() => closed && [closed]))[0]).toBe(false);
    socket.destroy();
  });

  test('over reading its answer gets all of it as long as it goes on reading', async () => {
    using server = await start((_req, res) => res.end(ANSWER), { timings: { ...TIMINGS, stallMs: 1_000 } });
    const socket = connect(server.port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'));
    const startedAtMs = performance.now();
    let length = 0;
    socket.on('data', (chunk: Buffer) => {
      length += chunk.length;
      // Twice the limit for all of it.
      const paceMs = (length / ANSWER.length) * 2_000 - (performance.now() - startedAtMs);
      if (paceMs < 5) return;
      socket.pause();
      setTimeout(() => socket.resume(), paceMs);
    });
    await once(socket, 'close');
    expect(length).toBeGreaterThan(ANSWER.length);
  });

  test('over its next request may keep the connection for longer than that', async () => {
    using server = await start((_req, res) => res.end('x'), { timings: { ...TIMINGS, stallMs: 50, headersMs: 5_000, requestMs: 5_000 } });
    const socket = connect(server.port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n'));
    await once(socket, 'data');
    setTimeout(() => socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'), 200);
    const [second] = (await once(socket, 'data')) as [Buffer];
    expect(second.toString()).toMatch(/^HTTP\/1\.1 200 /);
    socket.destroy();
  });
});
