import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { decodeProtectedHeader, errors, jwtVerify, type FlattenedJWSInput } from 'jose';
import { startOidcIssuer, type OidcIssuer } from '../test-support/oidc-issuer.ts';
import { createTestClock, type TestClock } from '../test-support/test-clock.ts';
import { IssuerKeys } from './issuer-keys-client.ts';

let issuer: OidcIssuer;
let clock: TestClock;
let keys: IssuerKeys;
beforeEach(async () => {
  issuer = await startOidcIssuer();
  clock = createTestClock();
  keys = new IssuerKeys({ issuer: issuer.url, clock });
});
afterEach(() => issuer.close());

/** Finds the key for a token; rejects as IssuerKeys does. */
async function find(token: string): Promise<unknown> {
  const { alg = '', ...header } = decodeProtectedHeader(token);
  const jws: FlattenedJWSInput = { payload: '', protected: '', signature: '' };
  return keys.find({ alg, ...header }, jws);
}

describe('the keys of an issuer', () => {
  test('are fetched once for any number of tokens, and again after ten minutes', async () => {
    const token = await issuer.sign();
    await Promise.all(Array.from({ length: 20 }, () => find(token)));
    clock.advance(599_999);
    await find(token);
    expect(issuer.requests).toEqual({ discovery: 1, keys: 1 });
    clock.advance(1);
    await find(token);
    expect(issuer.requests).toEqual({ discovery: 2, keys: 2 });
  });

  test('are fetched again for a key that is new, but not more often than every half minute', async () => {
    await find(await issuer.sign());
    await issuer.rotate();
    const token = await issuer.sign();
    for (let i = 0; i < 10; i++) await expect(find(token)).rejects.toThrow(errors.JWKSNoMatchingKey);
    expect(issuer.requests.keys).toBe(1);
    clock.advance(30_000);
    await Promise.all(Array.from({ length: 10 }, () => find(token)));
    expect(issuer.requests.keys).toBe(2);
  });

  test('go on working for an hour while the issuer is away, which is asked every five seconds at most', async () => {
    const token = await issuer.sign();
    await find(token);
    issuer.failure = 503;
    clock.advance(600_000);
    for (let i = 0; i < 10; i++) await find(token);
    clock.advance(2_999_999);
    await find(token);
    clock.advance(1);
    await expect(find(token)).rejects.toThrow('503');
    issuer.failure = undefined;
    await expect(find(token)).rejects.toThrow('503');
    clock.advance(5_000);
    await find(token);
    expect(issuer.requests).toEqual({ discovery: 2, keys: 2 });
  });

  test.each([
    ['speaks for another issuer', { issuer: 'https://elsewhere.example' }],
    ['names keys that would travel in the clear', { jwks_uri: 'http://keys.example/keys' }],
    ['names no keys', { jwks_uri: undefined }],
    ['names keys in a file', { jwks_uri: 'file:///etc/hosts' }],
  ])('are not taken from a discovery document that %s', async (_what, change) => {
    issuer.discovery = change;
    await expect(find(await issuer.sign())).rejects.not.toBeInstanceOf(errors.JOSEError);
    expect(issuer.requests.keys).toBe(0);
  });

  test('are real ones: a token of theirs verifies', async () => {
    const { payload } = await jwtVerify(await issuer.sign(), keys.find, { issuer: issuer.url, currentDate: clock.now() });
    expect(payload.sub).toBe('somebody');
  });
});
