import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startAuthHarness, tokensOf, type AuthGateway, type AuthHarness } from '../../test-support/auth-harness.ts';
import { errorOf } from '../../test-support/error-of.ts';

const DAY_MS = 86_400_000;
const SECRETS = { old: '0f1e2d3c4b5a69788796a5b4c3d2e1f0', fresh: 'f0e1d2c3b4a5968778695a4b3c2d1e0f' };

let gateway: AuthHarness;
beforeAll(async () => {
  gateway = await startAuthHarness();
});
afterAll(() => gateway.close());

const refresh = (token: string, at: AuthGateway = gateway): Promise<Response> => at.post('/auth/refresh', { refresh_token: token });

async function logInSomebody() {
  const { id, email } = await gateway.addUser();
  return { id, email, tokens: await gateway.logIn(email) };
}

describe('POST /auth/refresh', () => {
  test('trades a refresh token for the next one and an access token of the same session', async () => {
    const { tokens } = await logInSomebody();
    const response = await refresh(tokens.refresh_token);
    expect(response.headers.get('cache-control')).toBe('no-store');
    const next = await tokensOf(response);
    expect(next.refresh_token).not.toBe(tokens.refresh_token);
    expect((await gateway.get('/auth/me', next.access_token)).status).toBe(200);
    expect((await refresh(next.refresh_token)).status).toBe(200);
  });

  test('ends the session when a token comes again: its newest tokens, and its access tokens within a second, everywhere', async () => {
    const { tokens, id } = await logInSomebody();
    const second = await gateway.another();
    const next = await tokensOf(await refresh(tokens.refresh_token));
    expect((await second.get('/auth/me', next.access_token)).status).toBe(200);
    const reuse = await errorOf(await refresh(tokens.refresh_token));
    expect(reuse).toMatchObject({ status: 401, code: 'invalid_token', param: 'refresh_token' });
    expect((await refresh(next.refresh_token, second)).status).toBe(401);
    for (const each of [gateway, second]) {
      each.clock.advance(1_000);
      expect((await each.get('/auth/me', next.access_token)).status).toBe(401);
    }
    expect(await gateway.db.auditLog.count({ where: { targetId: id, type: 'session.revoked' } })).toBe(1);
    expect(gateway.logLines.some((line) => line.includes('a used refresh token came again') && line.includes(id))).toBe(true);
  });

  test('answers a client that lost the answer and asks again, at whichever gateway, with the same next token', async () => {
    // Their clocks agree; the first one's was moved.
    const gateways = [await gateway.another(), await gateway.another()];
    const { tokens } = await logInSomebody();
    const body = { refresh_token: tokens.refresh_token };
    const responses = await Promise.all(gateways.map((each) => each.post('/auth/refresh', body, { 'x-forwarded-for': '203.0.113.77' })));
    const answers = await Promise.all(responses.map(tokensOf));
    expect(new Set(answers.map(({ refresh_token: next }) => next)).size).toBe(1);
    for (const { access_token: accessToken } of answers) expect((await gateway.get('/auth/me', accessToken)).status).toBe(200);
    expect((await refresh(answers[0]?.refresh_token ?? '', gateways[0])).status).toBe(200);
  });

  test('refuses made-up tokens, ended ones and those of disabled users in the same words', async () => {
    const idle = await logInSomebody();
    const disabled = await logInSomebody();
    await gateway.db.user.update({ where: { id: disabled.id }, data: { disabledAt: new Date() } });
    gateway.clock.advance(7 * DAY_MS);
    const tokens = [
      'rt_',
      'x'.repeat(200),
      `rt_${'0'.repeat(30)}_${'A'.repeat(54)}`,
      `${idle.tokens.refresh_token.slice(0, -1)}${idle.tokens.refresh_token.endsWith('A') ? 'B' : 'A'}`,
      idle.tokens.refresh_token,
      disabled.tokens.refresh_token,
    ];
    const errors = await Promise.all(tokens.map(async (token) => errorOf(await refresh(token))));
    expect(new Set(errors.map((error) => JSON.stringify(error))).size).toBe(1);
    expect(errors[0]).toMatchObject({ status: 401, code: 'invalid_token' });
  });

  test('refuses an access token in its place, and a body with anything else', async () => {
    const { tokens } = await logInSomebody();
    expect((await refresh(tokens.access_token)).status).toBe(400);
    const body = { refresh_token: tokens.refresh_token, grant_type: 'refresh_token' };
    expect(await errorOf(await gateway.post('/auth/refresh', body))).toMatchObject({ status: 400, param: 'grant_type' });
  });
});

describe('access tokens', () => {
  test('outlive the change of the signing secret as long as the old one is still named', async () => {
    const [before, during, after] = await Promise.all(
      [[SECRETS.old], [SECRETS.fresh, SECRETS.old], [SECRETS.fresh]].map((secrets) => gateway.another({ auth: { secrets } })),
    );
    if (!before || !during || !after) throw new Error('three gateways were started');
    const { email } = await gateway.addUser();
    const old = await before.logIn(email);
    const fresh = await during.logIn(email);
    const statusAt = async (at: AuthGateway, { access_token: token }: { access_token: string }) => (await at.get('/auth/me', token)).status;
    expect(await statusAt(during, old)).toBe(200);
    expect(await statusAt(after, fresh)).toBe(200);
    expect(await statusAt(after, old)).toBe(401);
    // Refresh tokens are under the pepper, so whoever is locked out so comes back without a password.
    const again = await tokensOf(await refresh(old.refresh_token, after));
    expect(await statusAt(after, again)).toBe(200);
  });
});
