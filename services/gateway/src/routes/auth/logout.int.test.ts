import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startAuthHarness, type AuthHarness } from '../../test-support/auth-harness.ts';
import { errorOf } from '../../test-support/error-of.ts';

let gateway: AuthHarness;
beforeAll(async () => {
  gateway = await startAuthHarness();
});
afterAll(() => gateway.close());

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('POST /auth/logout', () => {
  test.each(['the access token', 'the refresh token'])('ends the session of %s, and no other', async (which) => {
    const { email, id } = await gateway.addUser();
    const [session, other] = [await gateway.logIn(email), await gateway.logIn(email)];
    expect((await gateway.get('/auth/me', session.access_token)).status).toBe(200);
    const response =
      which === 'the access token'
        ? await gateway.post('/auth/logout', {}, bearer(session.access_token))
        : await gateway.post('/auth/logout', { refresh_token: session.refresh_token });
    expect({ status: response.status, body: await response.json() }).toEqual({
      status: 200,
      body: { object: 'session.deleted', deleted: true },
    });
    expect((await gateway.get('/auth/me', session.access_token)).status).toBe(401);
    expect((await gateway.post('/auth/refresh', { refresh_token: session.refresh_token })).status).toBe(401);
    expect((await gateway.get('/auth/me', other.access_token)).status).toBe(200);
    expect(await gateway.db.auditLog.count({ where: { targetId: id, type: 'logout.succeeded' } })).toBe(1);
  });

  test('is seen by other gateways within a second', async () => {
    const second = await gateway.another();
    const { email } = await gateway.addUser();
    const { access_token: token } = await gateway.logIn(email);
    expect((await second.get('/auth/me', token)).status).toBe(200);
    await gateway.post('/auth/logout', {}, bearer(token));
    second.clock.advance(1_000);
    expect((await second.get('/auth/me', token)).status).toBe(401);
  });

  test('says the same the second time with a refresh token, and is audited once', async () => {
    const { email, id } = await gateway.addUser();
    const { refresh_token: token } = await gateway.logIn(email);
    for (let i = 0; i < 2; i++) expect((await gateway.post('/auth/logout', { refresh_token: token })).status).toBe(200);
    expect(await gateway.db.auditLog.count({ where: { targetId: id, type: 'logout.succeeded' } })).toBe(1);
  });

  test('refuses whoever shows neither, or one that was made up', async () => {
    expect((await gateway.post('/auth/logout', {})).status).toBe(401);
    expect(await errorOf(await gateway.post('/auth/logout', {}, bearer('a.b.c')))).toMatchObject({ status: 401, code: 'invalid_token' });
    expect(await errorOf(await gateway.post('/auth/logout', { refresh_token: 'rt_x' }))).toMatchObject({
      status: 401,
      code: 'invalid_token',
    });
  });
});
