import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { errorCode } from '@sluice/stack/error-code';
import { until } from '@sluice/testing/until';
import { exchangeBytes, openConnection } from '../test-support/raw-http.ts';
import { startHttpServer, type HttpServerOptions } from './http-server.ts';

async function start(options: Partial<HttpServerOptions>) {
  const timings = { headersMs: 5_000, requestMs: 5_000, checkMs: 20, stallMs: 5_000 };
  const answer = (_req: IncomingMessage, res: ServerResponse) => res.end('x');
  const server = await startHttpServer(answer, { host: '127.0.0.1', port: 0, timings, ...options });
  return { port: server.port, [Symbol.dispose]: () => server.close() };
}

describe('connections', () => {
  const hello = 'GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';

  test('of one address are cut above a number, and welcome again when others are gone', async () => {
    const refused: string[] = [];
    using server = await start({ connectionsPerAddressMax: 3, onRefused: (address) => refused.push(address) });
    const held = await Promise.all([1, 2, 3].map(() => openConnection(server.port)));
    expect(await exchangeBytes(server.port, hello).catch(errorCode)).toMatch(/^$|ECONNRESET|EPIPE/);
    expect(refused).toEqual(['127.0.0.1']);
    held[0]?.destroy();
    await until(async () => (await exchangeBytes(server.port, hello).catch(() => '')).startsWith('HTTP/1.1 200'));
    for (const socket of held) socket.destroy();
  });

  test('of a proxy are as many as all its clients need', async () => {
    using server = await start({ connectionsPerAddressMax: 1, isProxy: (address) => address === '127.0.0.1' });
    const held = await Promise.all([1, 2, 3].map(() => openConnection(server.port)));
    expect(await exchangeBytes(server.port, hello)).toMatch(/^HTTP\/1\.1 200 /);
    for (const socket of held) socket.destroy();
  });

  test('carry so many requests and are closed then, in good order', async () => {
    using server = await start({ requestsPerConnectionMax: 2 });
    const request = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';
    const socket = connect(server.port, '127.0.0.1', () => socket.write(request));
    const [first] = (await once(socket, 'data')) as [Buffer];
    socket.write(request);
    const [second] = (await once(socket, 'data')) as [Buffer];
    expect(first.toString()).toMatch(/connection: keep-alive/i);
    expect(second.toString()).toMatch(/^HTTP\/1\.1 200 [^]*connection: close/i);
    await once(socket, 'close');
  });
});
