import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createRedis } from '@sluice/platform/redis-client';
import type { Redis } from 'ioredis';
import { connectTestRedis, type ConnectedRedis } from '../test-support/connect-test-redis.ts';
import { signRequest } from '../test-support/sign-request.ts';
import { createTestClock } from '../test-support/test-clock.ts';
import { createSignatureCheck, type SignedCall } from './check-signature.ts';
import { createNonceStore } from './nonce-store.ts';
import { deriveSigningSecret } from './signing-secret.ts';

const PEPPER = 'a pepper for tests, long enough to be one';
const clock = createTestClock();
const nowS = clock.now().getTime() / 1_000;

type Change = Partial<SignedCall> & { readonly atS?: number; readonly nonce?: string; readonly secret?: string };

function signed({ atS = nowS, ...change }: Change = {}): SignedCall {
  const key = { id: 'key_1', publicId: 'abcdefghijkl', requiresSignature: true };
  return signRequest({ key, pepper: PEPPER, at: new Date(atS * 1_000), ...change });
}

describe('a key that must sign its requests', () => {
  let testRedis: ConnectedRedis;
  let redis: Redis;
  beforeAll(async () => {
    testRedis = await connectTestRedis();
    ({ redis } = testRedis);
  });
  afterAll(async () => {
    await testRedis[Symbol.asyncDispose]();
  });
  const check = (call: SignedCall) => createSignatureCheck({ nonces: createNonceStore(redis), pepper: PEPPER, clock })(call);

  test('gets a request through that is signed', async () => {
    expect(await check(signed())).toBeUndefined();
  });

  test.each([
    ['method', { method: 'GET' }],
    ['path', { url: '/v1/completions?a=b' }],
    ['query', { url: '/v1/chat/completions?a=c' }],
    ['body', { rawBody: Buffer.from('{"model":"e"}') }],
  ])('is refused when the %s is another than was signed', async (_what, change) => {
    expect(await check({ ...signed(), ...change })).toMatchObject({ code: 'INVALID_SIGNATURE', param: 'x-sluice-signature' });
  });

  test.each([
    ['timestamp', { 'x-sluice-timestamp': String(nowS - 1) }],
    ['nonce', { 'x-sluice-nonce': randomUUID() }],
  ])('is refused when the %s is another than was signed', async (_what, headers) => {
    expect(await check(signed({ headers }))).toMatchObject({ code: 'INVALID_SIGNATURE', param: 'x-sluice-signature' });
  });

  test('is refused when another key has signed', async () => {
    const secret = deriveSigningSecret(PEPPER, 'key_2');
    expect(await check(signed({ secret }))).toMatchObject({ code: 'INVALID_SIGNATURE', param: 'x-sluice-signature' });
  });

  test.each([
    ['x-sluice-timestamp', undefined],
    ['x-sluice-timestamp', 'now'],
    ['x-sluice-timestamp', '-5'],
    ['x-sluice-nonce', undefined],
    ['x-sluice-nonce', 'too-short'],
    ['x-sluice-nonce', 'n'.repeat(129)],
    ['x-sluice-nonce', 'with spaces in the nonce'],
    ['x-sluice-signature', undefined],
    ['x-sluice-signature', 'v2=00'],
    ['x-sluice-signature', `v1=${'A'.repeat(64)}`],
  ])('is told which header is wrong: %s as %s', async (header, value) => {
    expect(await check(signed({ headers: { [header]: value } }))).toMatchObject({
      code: 'INVALID_SIGNATURE',
      param: header,
      message: expect.stringContaining(header),
    });
  });

  test('may be 300 seconds off to either side, and no more', async () => {
    expect(await check(signed({ atS: nowS - 300 }))).toBeUndefined();
    expect(await check(signed({ atS: nowS + 300 }))).toBeUndefined();
    for (const atS of [nowS - 301, nowS + 301]) {
      expect(await check(signed({ atS }))).toMatchObject({ code: 'INVALID_SIGNATURE', param: 'x-sluice-timestamp' });
    }
  });

  test('gets a request through once, of many copies at the same time', async () => {
    const call = signed();
    const faults = await Promise.all(Array.from({ length: 20 }, async () => check(call)));
    expect(faults.filter((fault) => fault === undefined)).toHaveLength(1);
    expect(faults.filter((fault) => fault?.code === 'REPLAYED_REQUEST' && fault.param === 'x-sluice-nonce')).toHaveLength(19);
  });

  test('has its nonces remembered for longer than its signatures are good', async () => {
    const nonce = randomUUID();
    await check(signed({ nonce }));
    expect(await redis.pttl(`sluice:nonces:abcdefghijkl:${nowS / 60}`)).toBeGreaterThan(660_000);
  });

  test('may use the same nonce as another key', async () => {
    const nonce = randomUUID();
    await check(signed({ nonce }));
    const other = { id: 'key_1', publicId: 'mnopqrstuvwx', requiresSignature: true };
    expect(await check(signed({ nonce, key: other }))).toBeUndefined();
  });

  test('does not use a nonce up with a signature that is wrong', async () => {
    const nonce = randomUUID();
    await check({ ...signed({ nonce }), method: 'GET' });
    expect(await check(signed({ nonce }))).toBeUndefined();
  });

  test('cannot fill the store: above a number in a minute its requests wait', async () => {
    const key = { id: 'key_1', publicId: 'overeager123', requiresSignature: true };
    const narrow = createSignatureCheck({ nonces: createNonceStore(redis, { perMinuteMax: 2 }), pepper: PEPPER, clock });
    const codes: (string | undefined)[] = [];
    for (let i = 0; i < 3; i++) codes.push((await narrow(signed({ key })))?.code);
    expect(codes).toEqual([undefined, undefined, 'RATE_LIMIT_EXCEEDED']);
    expect(await redis.pttl(`sluice:nonces:overeager123:${nowS / 60}`)).toBeGreaterThan(0);
  });

  test('takes no more room with long nonces than with short ones', async () => {
    const key = { id: 'key_1', publicId: 'longwinded12', requiresSignature: true };
    for (let i = 0; i < 1_000; i++) await check(signed({ key, nonce: `${i}`.padStart(128, 'n') }));
    expect(await redis.memory('USAGE', `sluice:nonces:longwinded12:${nowS / 60}`, 'SAMPLES', 0)).toBeLessThan(100 * 1_000);
  });

  test('is refused while nobody can say whether a request is a copy', async () => {
    const away = createRedis('redis://127.0.0.1:1', { name: 'test', commandTimeoutMs: 100, onError: () => {} });
    const fault = await createSignatureCheck({ nonces: createNonceStore(away), pepper: PEPPER, clock })(signed());
    away.disconnect();
    expect(fault).toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });

  test('is the only one to sign: another passes without, and without a promise', () => {
    const key = { id: 'key_1', publicId: 'abcdefghijkl', requiresSignature: false };
    expect(check({ ...signed(), key, headers: {} })).toBeUndefined();
  });
});
