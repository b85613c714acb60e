import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PASSWORD, startAuthHarness, type AuthHarness } from '../../test-support/auth-harness.ts';
import { errorOf } from '../../test-support/error-of.ts';

const NEXT = 'another horse battery staple';

let gateway: AuthHarness;
beforeAll(async () => {
  gateway = await startAuthHarness();
});
afterAll(() => gateway.close());

async function setUp() {
  const { id, email } = await gateway.addUser();
  const tokens = await gateway.logIn(email);
  const change = (current: string, next: string): Promise<Response> =>
    gateway.post('/auth/password', { current_password: current, new_password: next }, { authorization: `Bearer ${tokens.access_token}` });
  return { id, email, tokens, change };
}

describe('POST /auth/password', () => {
  test('changes the password, keeps this session and ends the others', async () => {
    const { email, tokens, change } = await setUp();
    const other = await gateway.logIn(email);
    expect((await change(PASSWORD, NEXT)).status).toBe(200);
    expect((await gateway.post('/auth/login', { email, password: PASSWORD })).status).toBe(401);
    await gateway.logIn(email, NEXT);
    expect((await gateway.get('/auth/me', tokens.access_token)).status).toBe(200);
    expect((await gateway.post('/auth/refresh', { refresh_token: tokens.refresh_token })).status).toBe(200);
    expect((await gateway.get('/auth/me', other.access_token)).status).toBe(401);
    expect((await gateway.post('/auth/refresh', { refresh_token: other.refresh_token })).status).toBe(401);
  });

  test('is not needed where an administrator sets a password: the user is logged out everywhere, and logs in with it', async () => {
    const { id, email, tokens } = await setUp();
    const admin = await gateway.addUser({ role: 'owner' });
    const { access_token: token } = await gateway.logIn(admin.email);
    const response = await fetch(`${gateway.url}/sluice/v1/users/${id}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ password: NEXT }),
    });
    expect(response.status).toBe(200);
    gateway.clock.advance(1_000);
    expect((await gateway.get('/auth/me', tokens.access_token)).status).toBe(401);
    expect((await gateway.post('/auth/refresh', { refresh_token: tokens.refresh_token })).status).toBe(401);
    await gateway.logIn(email, NEXT);
  });

  test('is audited, without either password', async () => {
    const { id, change } = await setUp();
    await change(PASSWORD, NEXT);
    const row = await gateway.db.auditLog.findFirstOrThrow({ where: { targetId: id, type: 'user.updated' } });
    expect(row).toMatchObject({ actorId: id, after: { password: 'changed' } });
  });

  test('counts wrong guesses at the current password as failed logins', async () => {
    const { email, change } = await setUp();
    for (let i = 0; i < 5; i++)
      expect(await errorOf(await change('a wrong guess', NEXT))).toMatchObject({ status: 401, code: 'invalid_credentials' });
    expect(await errorOf(await change(PASSWORD, NEXT))).toMatchObject({ status: 429, code: 'too_many_failures' });
    expect((await gateway.post('/auth/login', { email, password: PASSWORD })).status).toBe(429);
  });

  test.each([
    ['that is short', 'short', 'must have at least 12 characters'],
    ['that is common', 'Password1234!', 'is one of the most common ones'],
  ])('refuses a new password %s, without checking the current one or quoting either', async (_what, next, reason) => {
    const { change } = await setUp();
    const checks = gateway.passwordChecks();
    const error = await errorOf(await change(PASSWORD, next));
    expect(error).toMatchObject({ status: 400, code: 'invalid_value', param: 'new_password' });
    expect(error.message).toBe(`Invalid value for 'new_password': the password ${reason}.`);
    expect(gateway.passwordChecks()).toBe(checks);
  });

  test('refuses whoever has not logged in', async () => {
    const response = await gateway.post('/auth/password', { current_password: PASSWORD, new_password: NEXT });
    expect(await errorOf(response)).toMatchObject({ status: 401, code: null });
  });
});
