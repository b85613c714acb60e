import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeJwt, SignJWT, UnsecuredJWT } from 'jose';
import { startAuthHarness, type AuthHarness } from '../../test-support/auth-harness.ts';
import { errorOf } from '../../test-support/error-of.ts';
import { OIDC_AUDIENCE, startOidcIssuer, type OidcIssuer } from '../../test-support/oidc-issuer.ts';

let issuer: OidcIssuer;
let gateway: AuthHarness;
beforeAll(async () => {
  issuer = await startOidcIssuer();
  gateway = await startAuthHarness({ auth: { oidc: { issuer: issuer.url, audience: OIDC_AUDIENCE, emailClaim: 'email' } } });
});
afterAll(async () => {
  await gateway.close();
  await issuer.close();
});

const me = (token: string): Promise<Response> => gateway.get('/auth/me', token);
const claimsFor = (user: { id: string; email: string }) => ({ sub: `sub-${user.id}`, email: user.email, email_verified: true });

describe('a token of the configured identity provider', () => {
  test('speaks for the user with its verified email, and links the two for good', async () => {
    const user = await gateway.addUser({ role: 'admin' });
    const first = await me(await issuer.sign({ ...claimsFor(user), email: user.email.toUpperCase() }));
    expect(await first.json()).toMatchObject({ id: user.id, role: 'admin' });
    const renamed = await me(await issuer.sign({ sub: `sub-${user.id}` }));
    expect(await renamed.json()).toMatchObject({ id: user.id });
    const row = await gateway.db.auditLog.findFirstOrThrow({ where: { targetId: user.id } });
    expect(row).toMatchObject({ type: 'user.updated', after: { identity_issuer: issuer.url, identity_subject: `sub-${user.id}` } });
  });

  test('links once when it comes many times at first', async () => {
    const user = await gateway.addUser();
    const second = await gateway.another({ auth: { oidc: { issuer: issuer.url, audience: OIDC_AUDIENCE, emailClaim: 'email' } } });
    const token = await issuer.sign(claimsFor(user));
    const responses = await Promise.all(Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? gateway : second).get('/auth/me', token)));
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await gateway.db.userIdentity.count({ where: { userId: user.id } })).toBe(1);
    expect(await gateway.db.auditLog.count({ where: { targetId: user.id } })).toBe(1);
  });

  test('administers', async () => {
    const user = await gateway.addUser({ role: 'owner' });
    const path = `/v1/organization/costs?start_time=${Date.UTC(2026, 0, 1) / 1_000}`;
    expect((await gateway.get(path, await issuer.sign(claimsFor(user)))).status).toBe(200);
  });

  test.each(['ES256', 'EdDSA', 'PS256', 'RS256'])('may be signed with %s, by a key that was made a moment ago', async (alg) => {
    const user = await gateway.addUser();
    await issuer.rotate(alg);
    gateway.clock.advance(30_000);
    expect((await me(await issuer.sign(claimsFor(user)))).status).toBe(200);
  });

  test('may hold the email in another claim', async () => {
    const oidc = { issuer: issuer.url, audience: OIDC_AUDIENCE, emailClaim: 'upn' };
    const other = await gateway.another({ auth: { oidc } });
    const user = await gateway.addUser();
    const token = await issuer.sign({ ...claimsFor(user), email: undefined, upn: user.email });
    expect((await other.get('/auth/me', token)).status).toBe(200);
  });

  test('ends no session here: there is none', async () => {
    const user = await gateway.addUser();
    const token = await issuer.sign(claimsFor(user));
    const response = await gateway.post('/auth/logout', {}, { authorization: `Bearer ${token}` });
    expect(await errorOf(response)).toMatchObject({ status: 400, message: expect.stringContaining('identity provider') });
  });
});

describe('a good token of the identity provider is refused, with the reason,', () => {
  test.each([
    ['without an email', { email: undefined }],
    ['when the email is not verified', { email_verified: false }],
    ['when nobody says that the email is verified', { email_verified: undefined }],
    ['when that is said in a text', { email_verified: 'true' }],
  ])('%s', async (_what, change) => {
    const user = await gateway.addUser();
    const error = await errorOf(await me(await issuer.sign({ ...claimsFor(user), ...change })));
    expect(error).toMatchObject({ status: 403, code: 'insufficient_permissions' });
    expect(error.message).toContain('email_verified');
    expect(await gateway.db.userIdentity.count({ where: { userId: user.id } })).toBe(0);
  });

  test('when there is no such user: nobody is made up', async () => {
    const users = await gateway.db.user.count();
    const error = await errorOf(await me(await issuer.sign({ sub: 'new', email: 'new@example.com', email_verified: true })));
    expect(error).toMatchObject({ status: 403, message: expect.stringContaining('no active user with your email') });
    expect(await gateway.db.user.count()).toBe(users);
  });

  test('when the user is linked to another subject already, as after an email changed hands', async () => {
    const user = await gateway.addUser();
    expect((await me(await issuer.sign(claimsFor(user)))).status).toBe(200);
    const error = await errorOf(await me(await issuer.sign({ ...claimsFor(user), sub: 'somebody else' })));
    expect(error).toMatchObject({ status: 403, message: expect.stringContaining('linked to another account') });
  });

  test('when the user was disabled', async () => {
    const user = await gateway.addUser();
    const token = await issuer.sign(claimsFor(user));
    expect((await me(token)).status).toBe(200);
    await gateway.db.user.update({ where: { id: user.id }, data: { disabledAt: new Date() } });
    gateway.clock.advance(1_000);
    expect((await me(token)).status).toBe(401);
    const unlinked = await gateway.addUser({ disabledAt: new Date() });
    expect((await me(await issuer.sign(claimsFor(unlinked)))).status).toBe(403);
  });
});

describe('a token is refused', () => {
  test.each([
    ['for another audience', { aud: 'https://elsewhere.example' }],
    ['for no audience', { aud: undefined }],
    ['of another issuer', { iss: 'https://elsewhere.example' }],
    ['of no issuer', { iss: undefined }],
    ['that has expired', { exp: Date.UTC(2025, 11, 31) / 1_000 }],
    ['that never expires', { exp: undefined }],
    ['that is not good yet', { nbf: Date.UTC(2027, 0, 1) / 1_000 }],
    ['of nobody', { sub: undefined }],
    ['of somebody whom Postgres cannot store', { sub: 'a\0b' }],
  ])('%s, though the signature be right', async (_what, change) => {
    const user = await gateway.addUser();
    const claims = claimsFor(user);
    expect((await me(await issuer.sign(claims))).status).toBe(200);
    const error = await errorOf(await me(await issuer.sign({ ...claims, ...change })));
    expect(error).toMatchObject({ status: 401, code: 'invalid_token' });
  });

  test('that is not signed, signed by somebody else, or with the public key as a secret', async () => {
    const user = await gateway.addUser();
    const good = await issuer.sign(claimsFor(user));
    const claims = decodeJwt(good);
    await using stranger = await startOidcIssuer();
    const key = await stranger.rotate();
    const current = await issuer.rotate();
    gateway.clock.advance(30_000);
    expect((await me(await issuer.sign(claimsFor(user)))).status).toBe(200);
    const secret = Buffer.from(JSON.stringify(current.jwk));
    const tokens = [
      new UnsecuredJWT(claims).encode(),
      await issuer.sign(claims, { key: { ...key, kid: current.kid } }),
      await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: current.kid }).sign(secret),
      await issuer.sign(claims, { header: { kid: 'unknown' } }),
    ];
    for (const token of tokens) expect((await me(token)).status).toBe(401);
  });

  test('that our own keys signed in the name of the identity provider, or the other way round', async () => {
    const user = await gateway.addUser();
    const { access_token: own } = await gateway.logIn(user.email);
    expect((await me(await issuer.sign(decodeJwt(own)))).status).toBe(401);
  });
});

describe('without a configured identity provider', () => {
  test('its tokens are refused like any other, and nobody is asked', async () => {
    const alone = await gateway.another();
    const user = await gateway.addUser();
    const before = { ...issuer.requests };
    expect((await alone.get('/auth/me', await issuer.sign(claimsFor(user)))).status).toBe(401);
    expect(issuer.requests).toEqual(before);
  });
});

describe('while the identity provider is away', () => {
  test('its tokens wait, and our own go on', async () => {
    await using away = await startOidcIssuer();
    away.failure = 503;
    const oidc = { issuer: away.url, audience: OIDC_AUDIENCE, emailClaim: 'email' };
    const other = await gateway.another({ auth: { oidc } });
    const user = await gateway.addUser();
    const response = await other.get('/auth/me', await away.sign(claimsFor(user)));
    expect(await errorOf(response)).toMatchObject({ status: 503, code: 'store_unavailable' });
    const { access_token: own } = await other.logIn(user.email);
    expect((await other.get('/auth/me', own)).status).toBe(200);
  });
});
