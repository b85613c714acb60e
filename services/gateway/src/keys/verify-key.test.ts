import { describe, expect, test } from '@jest/globals';
import { generateApiKey } from '@sluice/platform/api-key';
import { FailureLimiter } from '../abuse/failure-limiter.ts';
import { createMemoryKeyStore } from '../test-support/memory-stores.ts';
import { createTestClock } from '../test-support/test-clock.ts';
import { KeyCache } from './key-cache.ts';
import { createKeyVerifier } from './verify-key.ts';

const PEPPER = 'a pepper for tests, long enough to be one';
const HERE = '203.0.113.9';
const ELSEWHERE = '198.51.100.7';

function start() {
  const clock = createTestClock();
  const store = createMemoryKeyStore(PEPPER);
  const keys = new KeyCache({ store, clock, onUnreadable: () => {} });
  const verify = createKeyVerifier({ keys, failures: new FailureLimiter({ clock }), pepper: PEPPER, clock });
  const present = async (plaintext: string, clientIp = HERE) => {
    const verification = await verify({ plaintext, clientIp });
    return verification.ok ? 'ok' : verification.reason;
  };
  const failOften = async () => {
    for (let i = 0; i < 60; i++) await present('garbage');
  };
  return { clock, store, verify, present, failOften };
}

describe('a key', () => {
  test('that works passes, without a promise and without the store the second time', async () => {
    const { store, verify, present } = start();
    const plaintext = store.issue();
    await present(plaintext);
    expect(verify({ plaintext, clientIp: HERE })).toMatchObject({ ok: true });
    expect(store.lookups).toBe(1);
  });

  test('that does not work is told apart for operators', async () => {
    const { clock, store, present } = start();
    expect(await present('garbage')).toBe('malformed');
    expect(await present(generateApiKey('admin').plaintext)).toBe('malformed');
    expect(store.lookups).toBe(0);
    expect(await present(generateApiKey().plaintext)).toBe('unknown');
    expect(await present(store.issue({ secretHash: 'ff'.repeat(32) }))).toBe('mismatch');
    expect(await present(store.issue({ revokedAt: clock.now() }))).toBe('revoked');
    expect(await present(store.issue({ expiresAt: clock.now() }))).toBe('expired');
    expect(await present(store.issue({ allowedIps: [ELSEWHERE] }))).toBe('address');
    expect(await present(store.issue({ allowedIps: [ELSEWHERE] }), ELSEWHERE)).toBe('ok');
  });

  test('that expires while it is known here ends in time', async () => {
    const { clock, store, present } = start();
    const key = store.issue({ expiresAt: new Date(clock.now().getTime() + 1_000) });
    expect(await present(key)).toBe('ok');
    clock.advance(1_000);
    expect(await present(key)).toBe('expired');
  });
});

describe('a known key that would be refused', () => {
  const SHUT = [
    ['its address', { allowedIps: [ELSEWHERE] }, 'address'],
    ['its end', { expiresAt: new Date(0) }, 'expired'],
  ] as const;

  test.each(SHUT)('for %s is judged by the store, once it is a second since it was read', async (_what, shut, reason) => {
    const { clock, store, present } = start();
    const key = store.issue(shut);
    expect(await present(key)).toBe(reason);
    store.change(key, { allowedIps: undefined, expiresAt: undefined });
    clock.advance(999);
    expect(await present(key)).toBe(reason);
    clock.advance(1);
    expect(await present(key)).toBe('ok');
    expect(store.lookups).toBe(2);
  });

  test('costs the store one read a second, however often it is presented', async () => {
    const { clock, store, present } = start();
    const key = store.issue({ allowedIps: [ELSEWHERE] });
    for (let i = 0; i < 1_000; i++) {
      await Promise.all([present(key), present(key)]);
      clock.advance(10);
    }
    expect(store.lookups).toBe(10);
  });

  test.each(SHUT)('for %s stays refused while the store is away, and nobody waits for it', async (_what, shut, reason) => {
    const { clock, store, verify, present } = start();
    const key = store.issue(shut);
    await present(key);
    store.failure = new Error('connection refused');
    clock.advance(1_000);
    expect(await present(key)).toBe(reason);
    clock.advance(5_000);
    expect(verify({ plaintext: key, clientIp: HERE })).toMatchObject({ ok: false, reason });
    expect(store.lookups).toBe(2);
  });

  test('for its secret or its revocation is not read again', async () => {
    const { clock, store, present } = start();
    const keys = [store.issue({ secretHash: 'ff'.repeat(32), expiresAt: new Date(0) }), store.issue({ revokedAt: new Date(0) })];
    for (const key of keys) await present(key);
    clock.advance(1_000);
    expect(await Promise.all(keys.map((key) => present(key)))).toEqual(['mismatch', 'revoked']);
    expect(store.lookups).toBe(2);
  });

  test('and was deleted meanwhile is unknown', async () => {
    const { clock, store, present } = start();
    const key = store.issue({ expiresAt: new Date(0) });
    await present(key);
    store.remove(key);
    clock.advance(1_000);
    expect(await present(key)).toBe('unknown');
  });
});

describe('after too many failures from an address', () => {
  test('a key that is not known here is not even looked up, and told when to come back', async () => {
    const { store, verify, present, failOften } = start();
    const unseen = store.issue();
    await failOften();
    expect(await present(unseen)).toBe('too_many_failures');
    expect(await present('garbage')).toBe('too_many_failures');
    expect(verify({ plaintext: unseen, clientIp: HERE })).toMatchObject({ fault: { code: 'TOO_MANY_FAILURES', retryAfterMs: 1_000 } });
    expect(store.lookups).toBe(0);
  });

  test('a key that is known here goes on working', async () => {
    const { store, present, failOften } = start();
    const key = store.issue();
    await present(key);
    await failOften();
    expect(await present(key)).toBe('ok');
  });

  test('a known id with another secret does not pass for it', async () => {
    const { store, present, failOften } = start();
    const key = store.issue({ secretHash: 'ff'.repeat(32) });
    await present(key);
    await failOften();
    expect(await present(key)).toBe('too_many_failures');
  });

  test('keys from other addresses are looked at as ever', async () => {
    const { store, present, failOften } = start();
    const key = store.issue();
    await failOften();
    expect(await present(key, ELSEWHERE)).toBe('ok');
  });

  test('refusals do not make the wait longer', async () => {
    const { clock, store, present, failOften } = start();
    const key = store.issue();
    await failOften();
    for (let i = 0; i < 1_000; i++) await present('garbage');
    clock.advance(1_000);
    expect(await present(key)).toBe('ok');
  });

  test("a store that is away is nobody's failure", async () => {
    const { store, present } = start();
    store.failure = new Error('connection refused');
    for (let i = 0; i < 100; i++) expect(await present(generateApiKey().plaintext)).toBe('store_unavailable');
  });
});
