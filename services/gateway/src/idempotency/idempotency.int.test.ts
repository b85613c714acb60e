import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '@sluice/platform/clock';
import { Fault } from '@sluice/platform/fault';
import { PEPPER } from '@sluice/testing/pepper';
import { until } from '@sluice/testing/until';
import type { Redis } from 'ioredis';
import { sendJson } from '../http/response-head.ts';
import { sendFault } from '../http/send-fault.ts';
import { connectTestRedis, type ConnectedRedis } from '../test-support/connect-test-redis.ts';
import { errorOf } from '../test-support/error-of.ts';
import { startIdempotentServer, type IdempotentServer, type Work } from '../test-support/idempotent-server.ts';
import { textOfRedis } from '../test-support/stored-text.ts';
import { createIdempotency, type IdempotencyOutcome } from './idempotency.ts';
import { createIdempotencyStore } from './idempotency-store.ts';

const ANSWER_BYTES_MAX = 1_000;

const answerWell: Work = (res, body) =>
  sendJson(res, res.locals.exchange, { status: 200, json: JSON.stringify({ body }), clock: systemClock });

describe('a request with an Idempotency-Key', () => {
  let testRedis: ConnectedRedis;
  let redis: Redis;
  let server: IdempotentServer;
  const outcomes: IdempotencyOutcome[] = [];

  beforeAll(async () => {
    testRedis = await connectTestRedis();
    ({ redis } = testRedis);
    const idempotency = createIdempotency({
      store: createIdempotencyStore(redis),
      pepper: PEPPER,
      onOutcome: (outcome) => outcomes.push(outcome),
      answerBytesMax: ANSWER_BYTES_MAX,
      renewMs: 20,
    });
    server = await startIdempotentServer(idempotency, answerWell);
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await testRedis[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    server.worked = 0;
    server.work = answerWell;
    outcomes.length = 0;
  });

  const post = (key: string | undefined, body = 'hi', headers: Record<string, string> = {}, signal?: AbortSignal) =>
    fetch(server.url, {
      method: 'POST',
      headers: { ...headers, ...(key === undefined ? {} : { 'idempotency-key': key }) },
      body,
      ...(signal ? { signal } : {}),
    });

  test('is answered again without being run again, under an id of its own', async () => {
    const key = randomUUID();
    const first = await post(key);
    const firstText = await first.text();
    const second = await post(key);
    expect(await second.text()).toBe(firstText);
    expect(server.worked).toBe(1);
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(second.headers.get('content-type')).toBe('application/json');
    expect(second.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
    expect(outcomes).toEqual(['claimed', 'replayed']);
  });

  test('can be repeated the moment its answer has arrived', async () => {
    for (let i = 0; i < 50; i++) {
      const key = randomUUID();
      await (await post(key)).text();
      expect((await post(key)).headers.get('idempotent-replayed')).toBe('true');
    }
  });

  test('gets every byte of a stream again, with its headers', async () => {
    const key = randomUUID();
    const events = ['data: {"a":"é"}\n\n', ': keep-alive\n\n', 'data: [DONE]\n\n'];
    server.work = (res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache, must-revalidate' });
      for (const event of events.slice(0, -1)) res.write(event);
      res.end(events.at(-1));
    };
    expect(await (await post(key)).text()).toBe(events.join(''));
    const replay = await post(key);
    expect(await replay.text()).toBe(events.join(''));
    expect(replay.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(replay.headers.get('cache-control')).toBe('no-cache, must-revalidate');
    expect(server.worked).toBe(1);
  });

  test('is written no faster than it is read', async () => {
    let couldTakeAll = true;
    server.work = async (res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      couldTakeAll = res.write(Buffer.alloc(8 * 1024 * 1024));
      await once(res, 'drain');
      res.end();
    };
    const answer = await (await post(randomUUID())).arrayBuffer();
    expect(answer.byteLength).toBe(8 * 1024 * 1024);
    expect(couldTakeAll).toBe(false);
  });

  test('runs once, however many come at once', async () => {
    const key = randomUUID();
    let finish = () => {};
    const held = new Promise<void>((resolve) => {
      finish = resolve;
    });
    server.work = async (res) => {
      await held;
      sendJson(res, res.locals.exchange, { status: 200, json: '{}', clock: systemClock });
    };
    const calls = Array.from({ length: 20 }, () => post(key));
    await until(() => outcomes.length === 20);
    finish();
    const statuses = (await Promise.all(calls)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(19);
    expect(server.worked).toBe(1);
  });

  test('hears 409 while the first goes on, and that repeating it at once is no use', async () => {
    const key = randomUUID();
    let finish = () => {};
    server.work = (res) => {
      finish = () => sendJson(res, res.locals.exchange, { status: 200, json: '{}', clock: systemClock });
    };
    const first = post(key);
    await until(() => server.worked === 1);
    const second = await post(key);
    expect(second.headers.get('x-should-retry')).toBe('false');
    expect(await errorOf(second)).toMatchObject({ status: 409, code: 'idempotency_in_progress', param: 'Idempotency-Key' });
    finish();
    expect((await first).status).toBe(200);
  });

  test.each([
    ['body', 'another body', ''],
    ['URL', 'hi', '?other'],
  ])('hears 409 when it comes with another %s', async (_what, body, query) => {
    const key = randomUUID();
    await (await post(key)).text();
    const response = await fetch(server.url + query, { method: 'POST', body, headers: { 'idempotency-key': key } });
    expect(response.headers.get('x-should-retry')).toBe('false');
    expect(await errorOf(response)).toMatchObject({ status: 409, code: 'idempotency_key_conflict' });
    expect(server.worked).toBe(1);
  });

  test('has nothing to do with the same key of another project', async () => {
    const key = randomUUID();
    await (await post(key, 'hi', { 'x-scope': 'proj_a' })).text();
    const other = await post(key, 'hi', { 'x-scope': 'proj_b' });
    expect(other.headers.get('idempotent-replayed')).toBeNull();
    expect(server.worked).toBe(2);
  });

  test('runs again after an error, which is not kept', async () => {
    const key = randomUUID();
    server.work = (res) => sendFault(res, res.locals.exchange, { fault: new Fault('NO_WORKER', { message: 'none' }), clock: systemClock });
    expect((await post(key)).status).toBe(503);
    server.work = answerWell;
    const retry = await post(key);
    expect(retry.status).toBe(200);
    expect(retry.headers.get('idempotent-replayed')).toBeNull();
  });

  test('runs again after a stream that ended with an error', async () => {
    const key = randomUUID();
    server.work = (res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write('data: half\n\n');
      res.locals.exchange.fault = new Fault('UPSTREAM_DISCONNECTED', { message: 'gone' });
      res.end('data: {"error":{}}\n\n');
    };
    await (await post(key)).text();
    await (await post(key)).text();
    expect(server.worked).toBe(2);
  });

  test('runs again when its client left before the answer was complete', async () => {
    const key = randomUUID();
    const client = new AbortController();
    server.work = (res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write('data: half\n\n');
    };
    const response = await post(key, 'hi', {}, client.signal);
    client.abort();
    await expect(response.text()).rejects.toThrow();
    server.work = answerWell;
    const retry = await until(async () => {
      const answer = await post(key);
      return answer.ok && answer;
    });
    expect(retry.headers.get('idempotent-replayed')).toBeNull();
  });

  test.each(['key order', 'white space'])('is another request when its body differs in no more than %s', async (what) => {
    const key = randomUUID();
    await (await post(key, '{"a":1,"b":2}')).text();
    const other = what === 'key order' ? '{"b":2,"a":1}' : '{"a":1, "b":2}';
    expect(await errorOf(await post(key, other))).toMatchObject({ status: 409, code: 'idempotency_key_conflict' });
  });

  test('that changes something is carried out though its client left, and whoever comes back hears of it', async () => {
    const key = randomUUID();
    const client = new AbortController();
    const isGone = Promise.withResolvers<void>();
    server.work = async (res) => {
      res.on('close', () => isGone.resolve());
      client.abort();
      await isGone.promise;
      await answerWell(res, 'made');
    };
    await expect(post(key, 'hi', { 'x-work': 'change' }, client.signal)).rejects.toThrow();
    await isGone.promise;
    server.work = answerWell;
    const replay = await until(async () => {
      const answer = await post(key, 'hi', { 'x-work': 'change' });
      return answer.ok && answer;
    });
    expect(replay.headers.get('idempotent-replayed')).toBe('true');
    expect(await replay.json()).toEqual({ body: 'made' });
    expect(server.worked).toBe(1);
  });

  test('that changes something is remembered for a day, and its answer for an hour', async () => {
    const before = new Set(await redis.keys('sluice:idempotency*'));
    await (await post(randomUUID(), 'hi', { 'x-work': 'change' })).text();
    const names = (await redis.keys('sluice:idempotency*')).filter((name) => !before.has(name) && !name.includes('bytes'));
    const keptMs = await Promise.all(names.toSorted().map((name) => redis.pttl(name)));
    expect(keptMs.map((ms) => Math.ceil(ms / 3_600_000))).toEqual([1, 24]);
  });

  test('that may have been carried out, though it failed, is not carried out again', async () => {
    const key = randomUUID();
    const fault = new Fault('CHANGE_UNCERTAIN', { message: 'maybe' });
    server.work = (res) => sendFault(res, res.locals.exchange, { fault, clock: systemClock });
    expect((await post(key, 'hi', { 'x-work': 'change' })).status).toBe(503);
    expect(await errorOf(await post(key, 'hi', { 'x-work': 'change' }))).toMatchObject({ code: 'idempotent_answer_not_kept' });
    expect(server.worked).toBe(1);
  });

  test('keeps its key for as long as it goes on, and loses it in 15 seconds when its gateway dies', async () => {
    const key = randomUUID();
    let finish = () => {};
    server.work = (res) => {
      finish = () => sendJson(res, res.locals.exchange, { status: 200, json: '{}', clock: systemClock });
    };
    const first = post(key);
    await until(() => server.worked === 1);
    const name = await until(async () => (await namesOfOwned(redis))[0]);
    await redis.pexpire(name, 1_000);
    await until(async () => (await redis.pttl(name)) > 1_000);
    expect(await redis.pttl(name)).toBeLessThanOrEqual(15_000);
    finish();
    await (await first).text();
  });

  test('whose answer is too large to be kept is told so, and not run again', async () => {
    const key = randomUUID();
    const json = JSON.stringify('x'.repeat(ANSWER_BYTES_MAX));
    server.work = (res) => sendJson(res, res.locals.exchange, { status: 200, json, clock: systemClock });
    expect(await (await post(key)).text()).toBe(json);
    const replay = await post(key);
    expect(replay.headers.get('x-should-retry')).toBe('false');
    expect(await errorOf(replay)).toMatchObject({ status: 409, code: 'idempotent_answer_not_kept' });
    expect(server.worked).toBe(1);
  });

  test.each([
    ['empty', ''],
    ['too long', 'k'.repeat(256)],
    ['not printable', 'k\u0080'],
  ])('is refused when the key is %s', async (_what, key) => {
    const error = await errorOf(await post(key));
    expect(error).toMatchObject({ status: 400, code: 'invalid_value', param: 'Idempotency-Key' });
    expect(server.worked).toBe(0);
  });

  test('leaves neither key nor answer in the store for anybody to read', async () => {
    const key = 'canary-key';
    server.work = (res) => sendJson(res, res.locals.exchange, { status: 200, json: '"canary-answer"', clock: systemClock });
    await (await post(key, 'canary-body')).text();
    const stored = await textOfRedis(testRedis.url);
    expect(stored).toContain('sluice:idempotency-answer:');
    expect(stored).not.toContain('canary');
    expect(await (await post(key, 'canary-body')).text()).toBe('"canary-answer"');
  });

  test('without the header costs the store nothing', async () => {
    const before = await redis.dbsize();
    expect((await post(undefined)).status).toBe(200);
    expect(await redis.dbsize()).toBe(before);
    expect(outcomes).toEqual([]);
  });
});

async function namesOfOwned(redis: Redis): Promise<string[]> {
  const names = await redis.keys('sluice:idempotency:*');
  const owners = await Promise.all(names.map((name) => redis.hget(name, 'owner')));
  return names.filter((_name, i) => owners[i] !== null);
}
