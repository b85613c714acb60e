import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { PUBLIC_URL, startAuthHarness, type AuthHarness } from '../../test-support/auth-harness.ts';

const SECRETS = ['0f1e2d3c4b5a69788796a5b4c3d2e1f0', 'f0e1d2c3b4a5968778695a4b3c2d1e0f'];

let gateway: AuthHarness;
beforeAll(async () => {
  gateway = await startAuthHarness({ auth: { secrets: SECRETS } });
});
afterAll(() => gateway.close());

test('GET /.well-known/jwks.json publishes keys with which anybody verifies an access token', async () => {
  const { id, email } = await gateway.addUser();
  const { access_token: token } = await gateway.logIn(email);
  const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', gateway.url));
  const options = { issuer: PUBLIC_URL, audience: 'sluice-admin', currentDate: gateway.clock.now(), algorithms: ['EdDSA'] };
  const { payload } = await jwtVerify(token, keys, options);
  expect(payload.sub).toBe(id);
});

test('GET /.well-known/jwks.json names all keys, may be kept for a while, and holds nothing private', async () => {
  const response = await gateway.get('/.well-known/jwks.json');
  expect(response.headers.get('cache-control')).toBe('public, max-age=300');
  expect(response.headers.get('content-type')).toBe('application/jwk-set+json');
  const text = await response.text();
  const { keys } = JSON.parse(text) as { keys: Record<string, string>[] };
  expect(keys).toEqual(
    SECRETS.map(() => ({
      kty: 'OKP',
      crv: 'Ed25519',
      x: expect.any(String),
      kid: expect.any(String),
      alg: 'EdDSA',
      use: 'sig',
    })),
  );
  for (const secret of SECRETS) expect(text).not.toContain(secret);
});
