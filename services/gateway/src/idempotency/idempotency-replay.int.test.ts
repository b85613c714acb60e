import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { until } from '@sluice/testing/until';
import { answerWell, startIdempotencyHarness, type IdempotencyHarness } from '../test-support/idempotency-harness.ts';

describe('a request with an Idempotency-Key', () => {
  let harness: IdempotencyHarness;
  beforeAll(async () => {
    harness = await startIdempotencyHarness();
  });
  afterAll(async () => await harness[Symbol.asyncDispose]());
  beforeEach(() => harness.reset());

  test('is answered again without being run again, under an id of its own', async () => {
    const key = randomUUID();
    const first = await harness.post(key);
    const firstText = await first.text();
    const second = await harness.post(key);
    expect(await second.text()).toBe(firstText);
    expect(harness.server.worked).toBe(1);
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(second.headers.get('content-type')).toBe('application/json');
    expect(second.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
    expect(harness.outcomes).toEqual(['claimed', 'replayed']);
  });

  test('can be repeated the moment its answer has arrived', async () => {
    for (let i = 0; i < 50; i++) {
      const key = randomUUID();
      await (await harness.post(key)).text();
      expect((await harness.post(key)).headers.get('idempotent-replayed')).toBe('true');
    }
  });

  test('gets every byte of a stream again, with its headers', async () => {
    const key = randomUUID();
    const events = ['data: {"a":"é"}\n\n', ': keep-alive\n\n', 'data: [DONE]\n\n'];
    harness.server.work = (res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache, must-revalidate' });
      for (const event of events.slice(0, -1)) res.write(event);
      res.end(events.at(-1));
    };
    expect(await (await harness.post(key)).text()).toBe(events.join(''));
    const replay = await harness.post(key);
    expect(await replay.text()).toBe(events.join(''));
    expect(replay.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(replay.headers.get('cache-control')).toBe('no-cache, must-revalidate');
    expect(harness.server.worked).toBe(1);
  });

  test('is written no faster than it is read', async () => {
    let couldTakeAll = true;
    harness.server.work = async (res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      couldTakeAll = res.write(Buffer.alloc(8 * 1024 * 1024));
      await once(res, 'drain');
      res.end();
    };
    const answer = await (await harness.post(randomUUID())).arrayBuffer();
    expect(answer.byteLength).toBe(8 * 1024 * 1024);
    expect(couldTakeAll).toBe(false);
  });

  test('that changes something is carried out though its client left, and whoever comes back hears of it', async () => {
    const key = randomUUID();
    const client = new AbortController();
    const isGone = Promise.withResolvers<void>();
    harness.server.work = async (res) => {
      res.on('close', () => isGone.resolve());
      client.abort();
      await isGone.promise;
      await answerWell(res, 'made');
    };
    await expect(harness.post(key, 'hi', { 'x-work': 'change' }, client.signal)).rejects.toThrow();
    await isGone.promise;
    harness.server.work = answerWell;
    const replay = await until(async () => {
      const answer = await harness.post(key, 'hi', { 'x-work': 'change' });
      return answer.ok && answer;
    });
    expect(replay.headers.get('idempotent-replayed')).toBe('true');
    expect(await replay.json()).toEqual({ body: 'made' });
    expect(harness.server.worked).toBe(1);
  });

  test('without the header costs the store nothing', async () => {
    const before = await harness.redis.dbsize();
    expect((await harness.post(undefined)).status).toBe(200);
    expect(await harness.redis.dbsize()).toBe(before);
    expect(harness.outcomes).toEqual([]);
  });
});
