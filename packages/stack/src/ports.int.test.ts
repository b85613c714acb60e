import { createServer, type AddressInfo, type Server } from 'node:net';
import { expect, test } from '@jest/globals';
import { claimPort } from './ports.ts';

test('gives the preferred port when it is free, and another when somebody listens there', async () => {
  const server = await listen();
  const { port } = server.address() as AddressInfo;
  const other = await claimPort(port);
  expect(other.port).not.toBe(port);
  await close(server);
  const same = await claimPort(port);
  expect(same.port).toBe(port);
  other.release();
  same.release();
});

test('gives a port to one of those who ask at the same time', async () => {
  const first = await claimPort(0);
  const rest = await Promise.all(Array.from({ length: 10 }, () => claimPort(first.port)));
  expect(new Set([first, ...rest].map(({ port }) => port)).size).toBe(11);
  for (const claim of [first, ...rest]) claim.release();
});

test('a released port can be claimed again', async () => {
  const first = await claimPort(0);
  first.release();
  const again = await claimPort(first.port);
  expect(again.port).toBe(first.port);
  again.release();
});

function listen(): Promise<Server> {
  const server = createServer();
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
