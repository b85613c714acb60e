import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { errorCode } from '@sluice/stack/error-code';
import { startHttpServer } from './http-server.ts';
import { readFileBody } from './read-file-body.ts';

const TIMINGS = { headersMs: 100, requestMs: 150, checkMs: 20, stallMs: 200 };
const BYTES_MAX = 10_000_000;

/** A server that reads files with `read` and answers with what that resolves to. */
async function start(read: (req: IncomingMessage) => Promise<string>, requestMs = TIMINGS.requestMs) {
  const server = await startHttpServer(
    (req, res) =>
      void read(req).then(
        (text) => res.end(text),
        (error: unknown) => res.writeHead(400).end(String(errorCode(error))),
      ),
    { host: '127.0.0.1', port: 0, timings: { ...TIMINGS, requestMs } },
  );
  return { port: server.port, [Symbol.dispose]: () => server.close() };
}

async function countBytes(data: AsyncIterable<Uint8Array>): Promise<string> {
  let bytes = 0;
  for await (const piece of data) bytes += piece.length;
  return String(bytes);
}

/** Sends a file as `send` does; resolves with status and text, or how the connection failed. */
function upload(port: number, send: (req: ClientRequest) => void, agent?: Agent): Promise<string> {
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/octet-stream' };
    const req = request({ port, method: 'PUT', headers, ...(agent ? { agent } : {}) }, (res) => {
      let text = '';
      res.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      res.on('end', () => resolve(`${res.statusCode} ${text}`));
    });
    req.on('error', (error) => resolve(String(errorCode(error))));
    send(req);
  });
}

/** Pieces with a little time between them: longer in all than a whole request may take. */
async function trickle(req: ClientRequest): Promise<void> {
  for (let i = 0; i < 40; i++) {
    req.write('piece');
    await pause(10);
  }
  req.end();
}

describe('a body that is a file', () => {
  test('may take longer than a whole request, as long as it moves', async () => {
    using server = await start((req) => countBytes(readFileBody(req, BYTES_MAX)));
    expect(await upload(server.port, (req) => void trickle(req))).toBe('200 200');
  });

  test('is given up when it stands still', async () => {
    const outcome = Promise.withResolvers<string>();
    using server = await start((req) => {
      const read = countBytes(readFileBody(req, BYTES_MAX, 50));
      read.then(outcome.resolve, (error: unknown) => outcome.resolve(String(errorCode(error))));
      return read;
    });
    expect(await upload(server.port, (req) => void req.write('piece'))).toBe('ECONNRESET');
    expect(await outcome.promise).toBe('REQUEST_TIMEOUT');
  });

  test('does not stand still while its reader is busy', async () => {
    async function* slowly(data: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      for await (const piece of data) {
        await pause(250);
        yield piece;
      }
    }
    using server = await start((req) => countBytes(slowly(readFileBody(req, BYTES_MAX, 100))));
    expect(await upload(server.port, (req) => req.end('pieces'))).toBe('200 6');
  });

  test('is read on when it is refused, so that its sender sees why and may ask again', async () => {
    using server = await start(async (req) => {
      for await (const _piece of readFileBody(req, BYTES_MAX)) break;
      return 'enough';
    }, 10_000);
    const oneConnection = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let i = 0; i < 3; i++)
      expect(await upload(server.port, (req) => req.end(Buffer.alloc(5_000_000)), oneConnection)).toBe('200 enough');
    oneConnection.destroy();
  });

  test.each([
    ['another type', { 'content-type': 'application/json' }, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a compressed one', { 'content-type': 'application/octet-stream', 'content-encoding': 'gzip' }, 'UNSUPPORTED_MEDIA_TYPE'],
    ['one that says it is too large', { 'content-type': 'application/octet-stream', 'content-length': '11' }, 'REQUEST_TOO_LARGE'],
  ])('is refused before it is read: %s', (_what, headers, code) => {
    expect(() => readFileBody({ headers } as unknown as IncomingMessage, 10)).toThrow(expect.objectContaining({ code }));
  });
});
