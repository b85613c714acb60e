import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { say, sayForever } from '@sluice/testing/scripts';
import { createTestRedis, type TestRedis } from '@sluice/testing/test-redis';
import { until } from '@sluice/testing/until';
import OpenAI, { ConflictError } from 'openai';
import { collect } from '../../test-support/collect.ts';
import { errorOf } from '../../test-support/error-of.ts';
import { startHarness, type Harness } from '../../test-support/gateway-harness.ts';

const PATH = '/v1/chat/completions';
const BODY = { model: 'scripted', messages: [{ role: 'user' as const, content: 'hi' }] };

describe('POST /v1/chat/completions with an Idempotency-Key', () => {
  let redis: TestRedis;
  let gateway: Harness;
  let key: Record<string, string>;
  beforeAll(async () => {
    redis = await createTestRedis();
    gateway = await startHarness({ scripts: [say(['Hel', 'lo'])], redisUrl: redis.url });
  });
  afterAll(async () => {
    await gateway.close();
    await redis.release();
  });
  beforeEach(() => {
    key = { 'idempotency-key': randomUUID() };
    gateway.runtime.script = say(['Hel', 'lo']);
  });

  test('runs once and answers twice, the same to the official SDK', async () => {
    const before = gateway.runtime.requestIds.length;
    const first = await gateway.client.chat.completions.create(BODY, { headers: key });
    const second = await gateway.client.chat.completions.create(BODY, { headers: key }).withResponse();
    expect(second.data).toEqual(first);
    expect(second.response.headers.get('idempotent-replayed')).toBe('true');
    expect(gateway.runtime.requestIds).toHaveLength(before + 1);
  });

  test('streams the same chunks again, at once', async () => {
    const ask = () =>
      gateway.client.chat.completions.create({ ...BODY, stream: true, stream_options: { include_usage: true } }, { headers: key });
    const first = await collect(await ask());
    gateway.runtime.script = sayForever(10);
    expect(await collect(await ask())).toEqual(first);
    expect(first.at(-1)?.usage).toMatchObject({ completion_tokens: 2 });
  });

  test('books the repetition nowhere: no history row, and a line in the log that says so', async () => {
    await using fresh = await startHarness({ scripts: [say(['x'])], redisUrl: redis.url });
    await (await fresh.post(PATH, BODY, key)).text();
    const replay = await fresh.post(PATH, BODY, key);
    await replay.text();
    const requestId = replay.headers.get('x-request-id') ?? '';
    const line = await until(() => fresh.logLines.find((text) => text.includes(requestId)));
    expect(JSON.parse(line)).toMatchObject({ isReplay: true, completionTokens: 0, status: 200, model: 'scripted' });
    expect((await fresh.onlyRow()).requestId).not.toBe(requestId);
    expect(await fresh.metrics()).toContain('sluice_gateway_idempotent_requests_total{outcome="replayed"} 1');
  });

  test('is no conflict to be retried: the SDK asks once', async () => {
    gateway.runtime.script = sayForever(10);
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.apiKey, maxRetries: 2 });
    const before = gateway.runtime.requestIds.length;
    const first = await client.chat.completions.create({ ...BODY, stream: true }, { headers: key });
    await until(() => gateway.runtime.requestIds.length > before);
    let attempts = 0;
    const counting = client.withOptions({
      fetch: (url, init) => {
        attempts += 1;
        return fetch(url, init);
      },
    });
    await expect(counting.chat.completions.create({ ...BODY, stream: true }, { headers: key })).rejects.toBeInstanceOf(ConflictError);
    await expect(counting.chat.completions.create(BODY, { headers: key })).rejects.toMatchObject({ code: 'idempotency_key_conflict' });
    expect(attempts).toBe(2);
    first.controller.abort();
  });

  test('runs again when its client left', async () => {
    gateway.runtime.script = sayForever(10);
    const client = new AbortController();
    const stream = { ...BODY, stream: true };
    const headers = { authorization: `Bearer ${gateway.apiKey}`, 'content-type': 'application/json', ...key };
    const response = await fetch(gateway.url + PATH, { method: 'POST', headers, body: JSON.stringify(stream), signal: client.signal });
    client.abort();
    await expect(response.text()).rejects.toThrow();
    gateway.runtime.script = say(['again']);
    const retry = await until(async () => {
      const answer = await gateway.post(PATH, stream, key);
      return answer.ok && answer;
    });
    expect(retry.headers.get('idempotent-replayed')).toBeNull();
    expect(await retry.text()).toContain('again');
  });

  test('runs again after a refusal', async () => {
    expect((await gateway.post(PATH, { ...BODY, model: 'unknown' }, key)).status).toBe(404);
    expect((await gateway.post(PATH, BODY, key)).status).toBe(200);
  });

  test('gives nothing to another key of the project that may not use the model, or the route', async () => {
    await (await gateway.post(PATH, BODY, key)).text();
    const asked = async (change: object) => {
      const authorization = `Bearer ${gateway.keys.issue(change)}`;
      return errorOf(await gateway.post(PATH, BODY, { ...key, authorization }));
    };
    expect(await asked({ allowedModels: [new Set(['another'])] })).toMatchObject({ status: 403, code: 'model_not_allowed' });
    expect(await asked({ scopes: new Set(['models']) })).toMatchObject({ status: 403, code: 'insufficient_permissions' });
  });

  test('is refused while nobody can keep the promise; without the header nothing changes', async () => {
    await using away = await startHarness({ scripts: [say(['x'])] });
    const response = await away.post(PATH, BODY, key);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await errorOf(response)).toMatchObject({ status: 503, code: 'store_unavailable' });
    expect(away.runtime.requestIds).toEqual([]);
    expect((await away.post(PATH, BODY)).status).toBe(200);
  });
});
