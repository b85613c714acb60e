import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '@sluice/platform/clock';
import { Fault } from '@sluice/platform/fault';
import OpenAI, { APIError } from 'openai';
import { startExchange } from './exchange.ts';
import { sendJson } from './response-head.ts';
import { sendFault } from './send-fault.ts';

const COMPLETION = JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'm', choices: [] });

describe("the official SDK's own retries", () => {
  /** Undefined when all is well. */
  let nextFault: () => Fault | undefined;
  let arrivals = 0;
  let url: string;
  const server = createServer((req, res) => {
    const exchange = startExchange(req, { clock: systemClock, clientIp: '127.0.0.1' });
    arrivals += 1;
    const fault = nextFault();
    if (fault) sendFault(res, exchange, { fault, clock: systemClock });
    else sendJson(res, exchange, { status: 200, json: COMPLETION, clock: systemClock });
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    arrivals = 0;
  });

  const ask = () => new OpenAI({ baseURL: url, apiKey: 'x', maxRetries: 2 }).chat.completions.create({ model: 'm', messages: [] });

  test('wait as long as they are told, and succeed', async () => {
    // Refused until the wait is over: whoever came too early would be refused again.
    let openAtMs: number | undefined;
    nextFault = () => {
      openAtMs ??= performance.now() + 150;
      const retryAfterMs = openAtMs - performance.now();
      return retryAfterMs > 0 ? new Fault('RATE_LIMIT_EXCEEDED', { message: 'Please try again.', retryAfterMs }) : undefined;
    };
    expect((await ask()).id).toBe('chatcmpl-1');
    expect(arrivals).toBe(2);
  });

  test('happen where a moment later all is well', async () => {
    const faults = [
      new Fault('SERVER_OVERLOADED', { message: 'busy', retryAfterMs: 10 }),
      new Fault('STORE_UNAVAILABLE', { message: 'away', retryAfterMs: 10 }),
    ];
    nextFault = () => faults.shift();
    expect((await ask()).id).toBe('chatcmpl-1');
    expect(arrivals).toBe(3);
  });

  test.each([
    ['a quota that is used up', new Fault('INSUFFICIENT_QUOTA', { message: 'used up' })],
    ['a request larger than its limit', new Fault('REQUEST_EXCEEDS_LIMIT', { message: 'too large' })],
    ['a wait of more than a minute', new Fault('RATE_LIMIT_EXCEEDED', { message: 'tomorrow', retryAfterMs: 60_001 })],
    ['an idempotency key in progress', new Fault('IDEMPOTENCY_IN_PROGRESS', { message: 'in progress' })],
    ['an idempotency key of another request', new Fault('IDEMPOTENCY_KEY_CONFLICT', { message: 'conflict' })],
    ['an answer that was not kept', new Fault('IDEMPOTENT_ANSWER_NOT_KEPT', { message: 'too large' })],
    ['any other conflict', new Fault('CONFLICT', { message: 'conflict' })],
    ['a change that may have been made', new Fault('CHANGE_UNCERTAIN', { message: 'maybe' })],
    ['a key that does not work', new Fault('INVALID_API_KEY', { message: 'no' })],
    ['a replayed signature', new Fault('REPLAYED_REQUEST', { message: 'again' })],
  ])('do not happen for %s', async (_what, fault) => {
    nextFault = () => fault;
    await expect(ask()).rejects.toBeInstanceOf(APIError);
    expect(arrivals).toBe(1);
  });
});

describe('the retry headers', () => {
  test.each([
    [1, '1', '1'],
    [999.2, '1', '1000'],
    [1_001, '2', '1001'],
    [60_000, '60', '60000'],
    [0, '1', '1'],
  ])('of a wait of %d ms are whole, and never too early', async (retryAfterMs, seconds, milliseconds) => {
    const headers = await headersOf(new Fault('RATE_LIMIT_EXCEEDED', { message: 'x', retryAfterMs }));
    expect([headers.get('retry-after'), headers.get('retry-after-ms')]).toEqual([seconds, milliseconds]);
    expect(headers.get('x-should-retry')).toBeNull();
  });

  test('of a long wait tell people when, and SDKs to leave it', async () => {
    const headers = await headersOf(new Fault('RATE_LIMIT_EXCEEDED', { message: 'x', retryAfterMs: 3_600_000 }));
    expect(headers.get('retry-after')).toBe('3600');
    expect(headers.get('x-should-retry')).toBe('false');
  });

  test('leave a failure of the server to the SDK', async () => {
    for (const code of ['INTERNAL', 'UPSTREAM_DISCONNECTED', 'TIMEOUT'] as const) {
      const headers = await headersOf(new Fault(code, { message: 'x' }));
      expect([headers.get('retry-after'), headers.get('x-should-retry')]).toEqual([null, null]);
    }
  });
});

async function headersOf(fault: Fault): Promise<Headers> {
  const server = createServer((req, res) => {
    sendFault(res, startExchange(req, { clock: systemClock, clientIp: '' }), { fault, clock: systemClock });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await response.text();
  server.closeAllConnections();
  server.close();
  return response.headers;
}
