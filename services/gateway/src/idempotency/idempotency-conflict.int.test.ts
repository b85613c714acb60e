import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '@sluice/platform/clock';
import { Fault } from '@sluice/platform/fault';
import { until } from '@sluice/testing/until';
import { sendJson } from '../http/response-head.ts';
import { sendFault } from '../http/send-fault.ts';
import { errorOf } from '../test-support/error-of.ts';
import { ANSWER_BYTES_MAX, startIdempotencyHarness, type IdempotencyHarness } from '../test-support/idempotency-harness.ts';

describe('a request with an Idempotency-Key', () => {
  let harness: IdempotencyHarness;
  beforeAll(async () => {
    harness = await startIdempotencyHarness();
  });
  afterAll(async () => await harness[Symbol.asyncDispose]());
  beforeEach(() => harness.reset());

  test('runs once, however many come at once', async () => {
    const key = randomUUID();
    let finish = () => {};
    const held = new Promise<void>((resolve) => {
      finish = resolve;
    });
    harness.server.work = async (res) => {
      await held;
      sendJson(res, res.locals.exchange, { status: 200, json: '{}', clock: systemClock });
    };
    const calls = Array.from({ length: 20 }, () => harness.post(key));
    await until(() => harness.outcomes.length === 20);
    finish();
    const statuses = (await Promise.all(calls)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(19);
    expect(harness.server.worked).toBe(1);
  });

  test('hears 409 while the first goes on, and that repeating it at once is no use', async () => {
    const key = randomUUID();
    let finish = () => {};
    harness.server.work = (res) => {
      finish = () => sendJson(res, res.locals.exchange, { status: 200, json: '{}', clock: systemClock });
    };
    const first = harness.post(key);
    await until(() => harness.server.worked === 1);
    const second = await harness.post(key);
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
    await (await harness.post(key)).text();
    const response = await fetch(harness.server.url + query, { method: 'POST', body, headers: { 'idempotency-key': key } });
    expect(response.headers.get('x-should-retry')).toBe('false');
    expect(await errorOf(response)).toMatchObject({ status: 409, code: 'idempotency_key_conflict' });
    expect(harness.server.worked).toBe(1);
  });

  test('has nothing to do with the same key of another project', async () => {
    const key = randomUUID();
    await (await harness.post(key, 'hi', { 'x-scope': 'proj_a' })).text();
    const other = await harness.post(key, 'hi', { 'x-scope': 'proj_b' });
    expect(other.headers.get('idempotent-replayed')).toBeNull();
    expect(harness.server.worked).toBe(2);
  });

  test.each(['key order', 'white space'])('is another request when its body differs in no more than %s', async (what) => {
    const key = randomUUID();
    await (await harness.post(key, '{"a":1,"b":2}')).text();
    const other = what === 'key order' ? '{"b":2,"a":1}' : '{"a":1, "b":2}';
    expect(await errorOf(await harness.post(key, other))).toMatchObject({ status: 409, code: 'idempotency_key_conflict' });
  });

  test('that may have been carried out, though it failed, is not carried out again', async () => {
    const key = randomUUID();
    const fault = new Fault('CHANGE_UNCERTAIN', { message: 'maybe' });
    harness.server.work = (res) => sendFault(res, res.locals.exchange, { fault, clock: systemClock });
    expect((await harness.post(key, 'hi', { 'x-work': 'change' })).status).toBe(503);
    expect(await errorOf(await harness.post(key, 'hi', { 'x-work': 'change' }))).toMatchObject({ code: 'idempotent_answer_not_kept' });
    expect(harness.server.worked).toBe(1);
  });

  test('whose answer is too large to be kept is told so, and not run again', async () => {
    const key = randomUUID();
    const json = JSON.stringify('x'.repeat(ANSWER_BYTES_MAX));
    harness.server.work = (res) => sendJson(res, res.locals.exchange, { status: 200, json, clock: systemClock });
    expect(await (await harness.post(key)).text()).toBe(json);
    const replay = await harness.post(key);
    expect(replay.headers.get('x-should-retry')).toBe('false');
    expect(await errorOf(replay)).toMatchObject({ status: 409, code: 'idempotent_answer_not_kept' });
    expect(harness.server.worked).toBe(1);
  });

  test.each([
    ['empty', ''],
    ['too long', 'k'.repeat(256)],
    ['not printable', 'k\u0080'],
  ])('is refused when the key is %s', async (_what, key) => {
    const error = await errorOf(await harness.post(key));
    expect(error).toMatchObject({ status: 400, code: 'invalid_value', param: 'Idempotency-Key' });
    expect(harness.server.worked).toBe(0);
  });
});
