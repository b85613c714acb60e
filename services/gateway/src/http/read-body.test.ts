import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { readBody } from './read-body.ts';

const MB = 1024 * 1024;
const CHUNK = Buffer.alloc(4 * MB);

function arriving() {
  const req = new IncomingMessage(new Socket());
  const body = readBody(req, 4 * MB);
  req.push(CHUNK);
  return { req, body };
}

describe('bodies that are on their way', () => {
  test('take no more memory together than they may, and as much again when some have left', async () => {
    const held = Array.from({ length: 64 }, arriving);
    await expect(arriving().body).rejects.toMatchObject({ code: 'SERVER_OVERLOADED' });
    for (const { req } of held.slice(1)) req.destroy();
    await Promise.allSettled(held.slice(1).map(({ body }) => body));
    const next = arriving();
    for (const { req } of [next, ...held.slice(0, 1)]) {
      req.complete = true;
      req.push(null);
    }
    expect((await next.body).length).toBe(4 * MB);
    expect((await held[0]?.body)?.length).toBe(4 * MB);
    const again = Array.from({ length: 64 }, arriving);
    await expect(arriving().body).rejects.toMatchObject({ code: 'SERVER_OVERLOADED' });
    for (const { req } of again) req.destroy();
    await Promise.allSettled(again.map(({ body }) => body));
  });
});
