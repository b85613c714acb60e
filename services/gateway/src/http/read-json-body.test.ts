import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { readJsonBody } from './read-json-body.ts';

describe('reading a body', () => {
  test('ends when the client had left before it began, rather than waiting for ever', async () => {
    const req = new IncomingMessage(new Socket());
    req.destroy();
    await expect(readJsonBody(req)).rejects.toMatchObject({ code: 'REQUEST_TIMEOUT' });
  });

  test('ends when the client leaves in mid-body', async () => {
    const req = new IncomingMessage(new Socket());
    const reading = readJsonBody(req);
    req.push('{"model":');
    req.destroy();
    await expect(reading).rejects.toMatchObject({ code: 'REQUEST_TIMEOUT' });
  });
});
