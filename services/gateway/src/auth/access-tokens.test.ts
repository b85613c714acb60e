import { describe, expect, test } from '@jest/globals';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, SignJWT, UnsecuredJWT } from 'jose';
import { createTestClock } from '../test-support/test-clock.ts';
import { createAccessTokens } from './access-tokens.ts';
import { deriveSigningKeys } from './signing-keys.ts';

const PEPPER = 'a pepper for tests, long enough to be one';
const [OLD, NEW] = ['an old secret, long enough to be one!', 'a new secret, long enough to be one!!'];
const ISSUER = 'https://sluice.example';
const CLAIMS = { userId: 'user_1', sessionId: 'family_1' };

async function setUp(change: { secrets?: string[]; pepper?: string; issuer?: string } = {}) {
  const clock = createTestClock();
  const keys = await deriveSigningKeys({ secrets: change.secrets ?? [OLD], pepper: change.pepper ?? PEPPER });
  return { clock, keys, tokens: createAccessTokens({ keys, issuer: change.issuer ?? ISSUER, clock }) };
}

describe('an access token', () => {
  test('comes back as the claims it was issued for', async () => {
    const { tokens } = await setUp();
    const { token, expiresInS } = await tokens.issue(CLAIMS);
    expect(expiresInS).toBe(600);
    expect(await tokens.verify(token)).toEqual({ ok: true, claims: CLAIMS });
  });

  test('says who issued it, for whom, to whom, until when, and nothing of what they may do', async () => {
    const { tokens, keys } = await setUp();
    const { token } = await tokens.issue(CLAIMS);
    const issuedAtS = Date.UTC(2026, 0, 1) / 1_000;
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'EdDSA', typ: 'at+jwt', kid: keys.kid });
    expect(decodeJwt(token)).toEqual({
      iss: ISSUER,
      aud: 'sluice-admin',
      sub: 'user_1',
      sid: 'family_1',
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      iat: issuedAtS,
      exp: issuedAtS + 600,
    });
  });

  test('ends after ten minutes', async () => {
    const { tokens, clock } = await setUp();
    const { token } = await tokens.issue(CLAIMS);
    clock.advance(600_000);
    expect(await tokens.verify(token)).toMatchObject({ ok: true });
    clock.advance(6_000);
    expect(await tokens.verify(token)).toEqual({ ok: false, reason: 'ERR_JWT_EXPIRED exp' });
  });

  test('can be verified by anybody who has the published keys', async () => {
    const { tokens, keys, clock } = await setUp();
    const { token } = await tokens.issue(CLAIMS);
    const published = createLocalJWKSet(structuredClone({ keys: [...keys.jwks.keys] }));
    const { payload } = await jwtVerify(token, published, { issuer: ISSUER, audience: 'sluice-admin', currentDate: clock.now() });
    expect(payload.sub).toBe('user_1');
    for (const key of keys.jwks.keys) expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
  });

  test('of a replaced secret counts while the secret is still named, and no longer', async () => {
    const before = await setUp({ secrets: [OLD] });
    const rotating = await setUp({ secrets: [NEW, OLD] });
    const rotated = await setUp({ secrets: [NEW] });
    const { token: old } = await before.tokens.issue(CLAIMS);
    const { token: fresh } = await rotating.tokens.issue(CLAIMS);
    expect(await rotating.tokens.verify(old)).toMatchObject({ ok: true });
    expect(await rotated.tokens.verify(old)).toEqual({ ok: false, reason: 'ERR_JWKS_NO_MATCHING_KEY' });
    expect(await rotated.tokens.verify(fresh)).toMatchObject({ ok: true });
    expect(await before.tokens.verify(fresh)).toMatchObject({ ok: false });
  });

  test('is signed with a key of the pepper where no secret is set, which is not the key of a secret with the same text', async () => {
    const [first, second, other, secret] = await Promise.all([
      setUp({ secrets: [] }),
      setUp({ secrets: [] }),
      setUp({ secrets: [], pepper: 'another pepper for tests, long enough' }),
      setUp({ secrets: [PEPPER] }),
    ]);
    const { token } = await first.tokens.issue(CLAIMS);
    expect(await second.tokens.verify(token)).toMatchObject({ ok: true });
    expect(await other.tokens.verify(token)).toMatchObject({ ok: false });
    expect(await secret.tokens.verify(token)).toMatchObject({ ok: false });
  });
});

describe('a token is refused', () => {
  test('when a character of it was changed', async () => {
    const { tokens } = await setUp();
    const { token } = await tokens.issue(CLAIMS);
    const [head, body = '', signature = ''] = token.split('.');
    const changed = [`${head}.${body.slice(0, -1)}A.${signature}`, `${head}.${body}.A${signature.slice(1)}`, `${head}.${body}.`];
    for (const text of changed.filter((each) => each !== token)) expect(await tokens.verify(text)).toMatchObject({ ok: false });
  });

  test('when it is not signed at all', async () => {
    const { tokens, clock } = await setUp();
    const { token } = await tokens.issue(CLAIMS);
    const unsigned = new UnsecuredJWT(decodeJwt(token)).encode();
    expect(await tokens.verify(unsigned)).toMatchObject({ ok: false });
    expect(clock.now()).toEqual(new Date('2026-01-01'));
  });

  test('when it is signed with the public key as if that were a secret', async () => {
    const { tokens, keys } = await setUp();
    const { token } = await tokens.issue(CLAIMS);
    const secret = Buffer.from(keys.jwks.keys[0]?.['x'] ?? '', 'base64url');
    const forged = await new SignJWT(decodeJwt(token)).setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: keys.kid }).sign(secret);
    expect(await tokens.verify(forged)).toEqual({ ok: false, reason: 'ERR_JOSE_ALG_NOT_ALLOWED' });
  });

  test.each([
    ['for another issuer', { iss: 'https://elsewhere.example' }],
    ['for another audience', { aud: 'somebody-else' }],
    ['without an end', { exp: undefined }],
    ['without a session', { sid: undefined }],
    ['for nobody', { sub: undefined }],
  ])('when it is %s, though the signature be right', async (_what, change) => {
    const { tokens, keys } = await setUp();
    const claims = decodeJwt((await tokens.issue(CLAIMS)).token);
    const header = { alg: 'EdDSA', typ: 'at+jwt', kid: keys.kid };
    const sign = (payload: object): Promise<string> =>
      new SignJWT(JSON.parse(JSON.stringify(payload))).setProtectedHeader(header).sign(keys.privateKey);
    expect(await tokens.verify(await sign(claims))).toMatchObject({ ok: true });
    expect(await tokens.verify(await sign({ ...claims, ...change }))).toMatchObject({ ok: false });
  });

  test('when it is of another type', async () => {
    const { tokens, keys } = await setUp();
    const claims = decodeJwt((await tokens.issue(CLAIMS)).token);
    const token = await new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA', typ: 'JWT', kid: keys.kid }).sign(keys.privateKey);
    expect(await tokens.verify(token)).toEqual({ ok: false, reason: 'ERR_JWT_CLAIM_VALIDATION_FAILED typ' });
  });

  test.each(['', 'x', 'a.b.c', 'e30.e30.e30', '..'])('when it is no token: %j', async (text) => {
    const { tokens } = await setUp();
    expect(await tokens.verify(text)).toMatchObject({ ok: false });
  });
});
