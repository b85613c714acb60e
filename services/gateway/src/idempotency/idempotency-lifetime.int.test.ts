import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '@sluice/platform/clock';
import { Fault } from '@sluice/platform/fault';
import { until } from '@sluice/testing/until';
import type { Redis } from 'ioredis';
import { sendJson } from '../http/response-head.ts';
import { sendFault } from '../http/send-fault.ts';
import { answerWell, startIdempotencyHarness, type IdempotencyHarness } from '../test-support/idempotency-harness.ts';
import { textOfRedis } from '../test-support/stored-text.ts';

describe('a request with an Idempotency-Key', () => {
  let harness: IdempotencyHarness;
  beforeAll(async () => {
    harness = await startIdempotencyHarness();
  });
  afterAll(async () => await harness[Symbol.asyncDispose]());
  beforeEach(() => harness.reset());

  test('runs again after an error, which is not kept', async () => {
    const key = randomUUID();
    harness.server.work = (res) =>
      sendFault(res, res.locals.exchange, { fault: new Fault('NO_WORKER', { message: 'none' }), clock: systemClock });
    expect((await harness.post(key)).status).toBe(503);
    harness.server.work = answerWell;
    const retry = await harness.post(key);
    expect(retry.status).toBe(200);
    expect(retry.headers.get('idempotent-replayed')).toBeNull();
  });

  test('runs again after a stream that ended with an error', async () => {
    const key = randomUUID();
    harness.server.work = (res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write('data: half\n\n');
      res.locals.exchange.fault = new Fault('UPSTREAM_DISCONNECTED', { message: 'gone' });
      res.end('data: {"error":{}}\n\n');
    };
    await (await harness.post(key)).text();
    await (await harness.post(key)).text();
    expect(harness.server.worked).toBe(2);
  });

  test('runs again when its client left before the answer was complete', async () => {
    const key = randomUUID();
    const client = new AbortController();
    harness.server.work = (res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write('data: half\n\n');
    };
    const response = await harness.post(key, 'hi', {}, client.signal);
    client.abort();
    await expect(response.text()).rejects.toThrow();
    harness.server.work = answerWell;
    const retry = await until(async () => {
      const answer = await harness.post(key);
      return answer.ok && answer;
    });
    expect(retry.headers.get('idempotent-replayed')).toBeNull();
  });

  test('that changes something is remembered for a day, and its answer for an hour', async () => {
    const before = new Set(await harness.redis.keys('sluice:idempotency*'));
    await (await harness.post(randomUUID(), 'hi', { 'x-work': 'change' })).text();
    const names = (await harness.redis.keys('sluice:idempotency*')).filter((name) => !before.has(name) && !name.includes('bytes'));
    const keptMs = await Promise.all(names.toSorted().map((name) => harness.redis.pttl(name)));
    expect(keptMs.map((ms) => Math.ceil(ms / 3_600_000))).toEqual([1, 24]);
  });

  test('keeps its key for as long as it goes on, and loses it in 15 seconds when its gateway dies', async () => {
    const key = randomUUID();
    let finish = () => {};
    harness.server.work = (res) => {
      finish = () => sendJson(res, res.locals.exchange, { status: 200, json: '{}', clock: systemClock });
    };
    const first = harness.post(key);
    await until(() => harness.server.worked === 1);
    const name = await until(async () => (await namesOfOwned(harness.redis))[0]);
    await harness.redis.pexpire(name, 1_000);
    await until(async () => (await harness.redis.pttl(name)) > 1_000);
    expect(await harness.redis.pttl(name)).toBeLessThanOrEqual(15_000);
    finish();
    await (await first).text();
  });

  test('leaves neither key nor answer in the store for anybody to read', async () => {
    const key = 'canary-key';
    harness.server.work = (res) => sendJson(res, res.locals.exchange, { status: 200, json: '"canary-answer"', clock: systemClock });
    await (await harness.post(key, 'canary-body')).text();
    const stored = await textOfRedis(harness.redisUrl);
    expect(stored).toContain('sluice:idempotency-answer:');
    expect(stored).not.toContain('canary');
    expect(await (await harness.post(key, 'canary-body')).text()).toBe('"canary-answer"');
  });
});

async function namesOfOwned(redis: Redis): Promise<string[]> {
  const names = await redis.keys('sluice:idempotency:*');
  const owners = await Promise.all(names.map((name) => redis.hget(name, 'owner')));
  return names.filter((_name, i) => owners[i] !== null);
}
