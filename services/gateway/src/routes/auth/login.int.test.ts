import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { until } from '@sluice/testing/until';
import { decodeJwt } from 'jose';
import { anAddress, PASSWORD, startAuthHarness, tokensOf, type AuthHarness } from '../../test-support/auth-harness.ts';
import { errorOf } from '../../test-support/error-of.ts';

const WRONG = 'a password that is wrong';

let gateway: AuthHarness;
beforeAll(async () => {
  gateway = await startAuthHarness();
});
afterAll(() => gateway.close());

const logIn = (email: string, password: string, address = anAddress()): Promise<Response> =>
  gateway.post('/auth/login', { email, password }, { 'x-forwarded-for': address });

describe('POST /auth/login', () => {
  test('gives whoever knows the password an access token and a refresh token, which nobody may keep on the way', async () => {
    const { id, email } = await gateway.addUser();
    const response = await gateway.post('/auth/login', { email, password: PASSWORD });
    expect(response.headers.get('cache-control')).toBe('no-store');
    const tokens = await tokensOf(response);
    expect(tokens).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 600,
      refresh_token: expect.stringMatching(/^rt_[0-9a-f]{30}_[\w-]{54}$/),
    });
    expect(decodeJwt(tokens.access_token)).toMatchObject({ iss: 'http://localhost:8080', sub: id });
    expect(await (await gateway.get('/auth/me', tokens.access_token)).json()).toMatchObject({ id, email });
  });

  test('takes an email in whatever case', async () => {
    const { email } = await gateway.addUser();
    expect((await logIn(email.toUpperCase(), PASSWORD)).status).toBe(200);
  });

  test('answers the same after one check of a password, whatever was wrong', async () => {
    const known = await gateway.addUser();
    const disabled = await gateway.addUser({ disabledAt: new Date() });
    const passwordless = await gateway.addUser({ passwordHash: null });
    const answers: unknown[] = [];
    for (const [email, password] of [
      ['nobody@example.com', PASSWORD],
      [known.email, WRONG],
      [disabled.email, PASSWORD],
      [disabled.email, WRONG],
      [passwordless.email, PASSWORD],
    ] as const) {
      const checks = gateway.passwordChecks();
      const response = await logIn(email, password);
      const headers = [...response.headers.keys()].sort();
      answers.push({ status: response.status, headers, body: await response.json(), checks: gateway.passwordChecks() - checks });
    }
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toMatchObject({
      status: 401,
      body: { error: { code: 'invalid_credentials', message: 'The email or the password is not right.' } },
      checks: 1,
    });
  });

  test('locks an account after five failures, there or not, for the right password too', async () => {
    const { email } = await gateway.addUser();
    const refusals: unknown[] = [];
    for (const each of [email, 'nobody-either@example.com']) {
      for (let i = 0; i < 5; i++) expect((await logIn(each, WRONG)).status).toBe(401);
      const checks = gateway.passwordChecks();
      const response = await logIn(each, PASSWORD);
      expect([response.headers.get('retry-after'), response.headers.get('retry-after-ms')]).toEqual(['30', '30000']);
      expect(gateway.passwordChecks()).toBe(checks);
      refusals.push(await errorOf(response));
    }
    expect(refusals[0]).toEqual(refusals[1]);
    expect(refusals[0]).toMatchObject({ status: 429, code: 'too_many_failures' });
    gateway.clock.advance(30_000);
    expect((await logIn(email, PASSWORD)).status).toBe(200);
    expect((await logIn(email, PASSWORD)).status).toBe(200);
  });

  test('checks five guesses of thirty that come at once, through two gateways', async () => {
    const { email } = await gateway.addUser();
    const second = await gateway.another();
    const checks = (): number => gateway.passwordChecks() + second.passwordChecks();
    const before = checks();
    const guess = (_: unknown, i: number) => (i % 2 === 0 ? gateway : second).post('/auth/login', { email, password: `${WRONG} ${i}` });
    const statuses = (await Promise.all(Array.from({ length: 30 }, guess))).map(({ status }) => status);
    expect(statuses.toSorted((a, b) => a - b)).toEqual([...Array.from({ length: 5 }, () => 401), ...Array.from({ length: 25 }, () => 429)]);
    expect(checks() - before).toBe(5);
  });

  test('lets an address fail twenty times a minute, at whatever accounts, and go on where it succeeds', async () => {
    const address = anAddress();
    const { email } = await gateway.addUser();
    for (let i = 0; i < 20; i++) expect((await logIn(`someone-${i}@example.com`, WRONG, address)).status).toBe(401);
    expect((await logIn(email, PASSWORD, address)).status).toBe(429);
    expect((await logIn(email, PASSWORD)).status).toBe(200);
    gateway.clock.advance(60_000);
    expect((await logIn(email, PASSWORD, address)).status).toBe(200);
  });

  test('is audited: who, from where, and what came of it', async () => {
    const { id, email } = await gateway.addUser();
    const address = anAddress();
    const headers = { 'user-agent': 'a test', 'x-forwarded-for': address };
    const failed = await gateway.post('/auth/login', { email, password: WRONG }, headers);
    await until(async () => (await gateway.db.auditLog.count({ where: { targetId: id } })) === 1);
    gateway.clock.advance(1);
    await gateway.post('/auth/login', { email, password: PASSWORD }, headers);
    const rows = await gateway.db.auditLog.findMany({ where: { targetId: id }, orderBy: { createdAt: 'asc' } });
    const who = { actorKind: 'user', actorId: id, actorLabel: email, ipAddress: address, userAgent: 'a test', before: null };
    expect(rows).toMatchObject([
      { ...who, type: 'login.failed', after: { reason: 'wrong_password' }, requestId: failed.headers.get('x-request-id') },
      { ...who, type: 'login.succeeded', after: { session: expect.stringMatching(/^family_/) } },
    ]);
  });

  test('has a line in the log, and so does what a token is used for, with the user', async () => {
    const { id, email } = await gateway.addUser();
    const response = await gateway.post('/auth/login', { email, password: PASSWORD });
    const { access_token: token } = await tokensOf(response.clone());
    await gateway.get('/auth/me', token);
    const lineOf = (part: string) => until(() => gateway.logLines.find((line) => line.includes('"msg":"request"') && line.includes(part)));
    const login = `"requestId":"${response.headers.get('x-request-id')}"`;
    expect(JSON.parse(await lineOf(login))).toMatchObject({ level: 'info', route: '/auth/login', status: 200 });
    expect(JSON.parse(await lineOf(`"principalId":"${id}"`))).toMatchObject({ level: 'info', route: '/auth/me' });
  });

  test('counts what came of logins', async () => {
    const metrics = await (await fetch(gateway.metricsUrl)).text();
    expect(metrics).toMatch(/sluice_gateway_logins_total\{outcome="succeeded"\} [1-9]/);
    expect(metrics).toMatch(/sluice_gateway_logins_total\{outcome="failed"\} [1-9]/);
    expect(metrics).toMatch(/sluice_gateway_logins_total\{outcome="locked"\} [1-9]/);
  });

  test.each([
    ['without a password', { email: 'a@b' }, { code: 'missing_required_parameter', param: 'password' }],
    ['with a field it does not know', { email: 'a@b', password: 'x', otp: '1' }, { code: 'unknown_parameter', param: 'otp' }],
    ['with an email that is none', { email: 'anna', password: 'x' }, { code: 'invalid_value', param: 'email' }],
    ['with an email that Postgres cannot store', { email: 'a\0@b', password: 'x' }, { code: 'invalid_value', param: 'email' }],
    ['with a password that is a number', { email: 'a@b', password: 1 }, { code: 'invalid_type', param: 'password' }],
    ['with an endless password', { email: 'a@b', password: 'x'.repeat(1_025) }, { code: 'string_above_max_length', param: 'password' }],
    ['that is a list', [], { code: 'invalid_type', param: null }],
  ])('refuses a body %s by the name of what is wrong', async (_what, body, error) => {
    const checks = gateway.passwordChecks();
    expect(await errorOf(await gateway.post('/auth/login', body))).toMatchObject({ status: 400, ...error });
    expect(gateway.passwordChecks()).toBe(checks);
  });

  test('refuses a body above 8 kB, a body that is not JSON, a form, and any other method', async () => {
    expect((await gateway.post('/auth/login', { email: 'a@b', password: 'x'.repeat(9_000) })).status).toBe(413);
    expect(await errorOf(await gateway.post('/auth/login', '{'))).toMatchObject({ status: 400, code: 'invalid_json' });
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await gateway.post('/auth/login', 'email=a@b&password=x', form)).status).toBe(415);
    const response = await gateway.get('/auth/login');
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });

  test('stores a password again when what one check costs was raised, and it still works', async () => {
    const dear = await gateway.another({ cost: { logN: 5, r: 1, p: 1 } });
    const { id, email } = await gateway.addUser();
    await dear.logIn(email);
    const hashOf = async (): Promise<string> => (await gateway.db.user.findUniqueOrThrow({ where: { id } })).passwordHash ?? '';
    await until(async () => (await hashOf()).startsWith('$scrypt$ln=5,r=1,p=1,'));
    await dear.logIn(email);
  });
});

describe('without Redis, POST /auth/login', () => {
  test('goes on, and locks accounts all the same', async () => {
    const alone = await gateway.another({ redisUrl: 'redis://127.0.0.1:1' });
    const { email } = await gateway.addUser();
    await alone.logIn(email);
    for (let i = 0; i < 5; i++) expect((await alone.post('/auth/login', { email, password: WRONG })).status).toBe(401);
    expect((await alone.post('/auth/login', { email, password: PASSWORD })).status).toBe(429);
    expect(alone.logLines.some((line) => line.includes('failed logins are counted by this gateway alone'))).toBe(true);
  });
});

describe('without Postgres, POST /auth/login', () => {
  test('says that it cannot tell, in good time, and says nothing else', async () => {
    const alone = await gateway.another({ databaseUrl: 'postgresql://nobody@127.0.0.1:1/none' });
    const { email } = await gateway.addUser();
    const error = await errorOf(await alone.post('/auth/login', { email, password: PASSWORD }));
    expect(error).toMatchObject({ status: 503, code: 'store_unavailable', param: null });
    expect(error.message).not.toMatch(/127\.0\.0\.1|prisma|postgres/i);
    const me = await alone.get('/auth/me', (await gateway.logIn(email)).access_token);
    expect(await errorOf(me)).toMatchObject({ status: 503, code: 'store_unavailable' });
  });
});
