import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { anAddress, PASSWORD, startAuthHarness, type AuthHarness } from '../../test-support/auth-harness.ts';
import { errorOf } from '../../test-support/error-of.ts';

/** Three a minute, and time stands still. */
let gateway: AuthHarness;
beforeAll(async () => {
  gateway = await startAuthHarness({ adminRequestsPerMinute: 3 });
});
afterAll(() => gateway.close());

describe('/auth', () => {
  test('answers an address so often a minute, though every login be good, and checks no password after that', async () => {
    const from = { 'x-forwarded-for': anAddress() };
    const users = await Promise.all(Array.from({ length: 4 }, () => gateway.addUser()));
    const logIn = async (nth: number, headers: Record<string, string>) =>
      (await gateway.post('/auth/login', { email: users[nth]?.email, password: PASSWORD }, headers)).status;
    expect([await logIn(0, from), await logIn(1, from), await logIn(2, from)]).toEqual([200, 200, 200]);
    const checks = gateway.passwordChecks();
    expect(await logIn(3, from)).toBe(429);
    expect(gateway.passwordChecks()).toBe(checks);
    for (const path of ['/auth/refresh', '/auth/logout']) {
      const refused = await gateway.post(path, { refresh_token: 'rt_x' }, from);
      expect(refused.headers.get('retry-after')).toBe('20');
      expect(await errorOf(refused)).toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
    }
    // It was no failure of the account's, and nobody else's.
    expect(await logIn(3, { 'x-forwarded-for': anAddress() })).toBe(200);
    expect((await gateway.get('/.well-known/jwks.json')).status).toBe(200);
    gateway.clock.advance(20_000);
    expect(await logIn(3, from)).toBe(200);
  });

  test('counts a user who is logged in wherever they ask from, together with what they administer', async () => {
    const { email } = await gateway.addUser({ role: 'owner' });
    const { access_token: token } = await gateway.logIn(email);
    const status = async (path: string) => {
      const headers = { authorization: `Bearer ${token}`, 'x-forwarded-for': anAddress() };
      return (await fetch(`${gateway.url}${path}`, { headers })).status;
    };
    expect([await status('/auth/me'), await status('/v1/organization/projects'), await status('/auth/me')]).toEqual([200, 200, 200]);
    expect([await status('/auth/me'), await status('/v1/organization/projects')]).toEqual([429, 429]);
    gateway.clock.advance(20_000);
    expect([await status('/auth/me'), await status('/auth/me')]).toEqual([200, 429]);
  });
});
