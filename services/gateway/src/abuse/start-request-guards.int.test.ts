import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '@sluice/platform/clock';
import { Lifecycle } from '@sluice/platform/lifecycle';
import { createLog } from '@sluice/platform/log';
import { withRedis } from '@sluice/platform/with-redis';
import { startOwnRedis, type OwnRedis } from '@sluice/testing/own-redis';
import { PEPPER } from '@sluice/testing/pepper';
import { sendJson } from '../http/response-head.ts';
import { errorOf } from '../test-support/error-of.ts';
import { startIdempotentServer } from '../test-support/idempotent-server.ts';
import { keySnapshot } from '../test-support/key-snapshot.ts';
import { signRequest } from '../test-support/sign-request.ts';
import { startRequestGuards } from './start-request-guards.ts';

/** Longer than any test may take. */
const PAUSE_MS = 120_000;

describe('while Redis hangs', () => {
  const lifecycle = new Lifecycle(createLog({ service: 'gateway', level: 'silent' }));
  let redis: OwnRedis;
  let guards: Awaited<ReturnType<typeof startRequestGuards>>;
  beforeAll(async () => {
    redis = await startOwnRedis();
    guards = await startRequestGuards({
      redisUrl: redis.url,
      pepper: PEPPER,
      clock: systemClock,
      lifecycle,
      onIdempotency: () => {},
    });
  });
  afterAll(async () => {
    await lifecycle.close();
    await redis[Symbol.asyncDispose]();
  });

  test('a request that began before gets its answer, and one with an Idempotency-Key that comes now is refused', async () => {
    await using server = await startIdempotentServer(guards.idempotency, async (res) => {
      // The claim is taken; from here on nothing answers.
      if (server.worked === 1) await pauseRedis(redis.url);
      sendJson(res, res.locals.exchange, { status: 200, json: '{}', clock: systemClock });
    });
    const post = (headers: Record<string, string>) => fetch(server.url, { method: 'POST', body: 'x', headers });
    const first = await post({ 'idempotency-key': 'one' });
    expect([first.status, await first.text()]).toEqual([200, '{}']);
    const second = await post({ 'idempotency-key': 'two' });
    expect(second.headers.get('retry-after')).toBe('1');
    expect(await errorOf(second)).toMatchObject({ status: 503, code: 'store_unavailable' });
    expect((await post({})).status).toBe(200);
  });

  test('a signed request is refused', async () => {
    const key = keySnapshot({ requiresSignature: true });
    const fault = await guards.checkSignature(signRequest({ key, pepper: PEPPER, at: new Date() }));
    expect(fault).toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });
});

async function pauseRedis(url: string): Promise<void> {
  await withRedis(url, (redis) => redis.call('CLIENT', 'PAUSE', PAUSE_MS, 'ALL'));
}
