import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { hashPassword } from '@sluice/platform/password';
import { PEPPER } from '@sluice/testing/pepper';
import { until } from '@sluice/testing/until';
import { Redis } from 'ioredis';
import { startAuthHarness, tokensOf, type AuthHarness } from '../../test-support/auth-harness.ts';

const CANARIES = {
  password: 'canary-of-a-password',
  wrong: 'canary-of-a-guess',
  next: 'canary-of-a-new-password',
  field: 'canary-of-a-field',
};

let gateway: AuthHarness;
beforeAll(async () => {
  gateway = await startAuthHarness();
});
afterAll(() => gateway.close());

/** Everything that a gateway writes anywhere: its log, its metrics, Redis, and every row of every table. */
async function everythingWritten(): Promise<string> {
  const redis = new Redis(gateway.redisUrl);
  const names = await redis.keys('*');
  const hashes = await Promise.all(names.map(async (name) => [name, await redis.type(name), await redis.dump(name)]));
  redis.disconnect();
  const { db } = gateway;
  const rows = [await db.auditLog.findMany(), await db.refreshToken.findMany(), await db.user.findMany(), await db.requestLog.findMany()];
  const metrics = await (await fetch(gateway.metricsUrl)).text();
  const plain = JSON.stringify([rows, hashes], (_name, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  return [gateway.logLines.join('\n'), metrics, plain].join('\n');
}

test('no password and no token is found in logs, metrics, rows, Redis or errors', async () => {
  const passwordHash = await hashPassword(CANARIES.password, { pepper: PEPPER, cost: { logN: 4, r: 1, p: 1 } });
  const { id, email } = await gateway.addUser({ passwordHash });
  const errors: string[] = [];
  const post = async (path: string, body: unknown, token?: string): Promise<Response> => {
    const response = await gateway.post(path, body, token === undefined ? {} : { authorization: `Bearer ${token}` });
    if (!response.ok) errors.push(await response.clone().text());
    return response;
  };

  const first = await tokensOf(await post('/auth/login', { email, password: CANARIES.password }));
  await post('/auth/login', { email, password: CANARIES.wrong });
  await post('/auth/login', { email, password: CANARIES.wrong, extra: CANARIES.field });
  await post('/auth/login', { email, password: [CANARIES.wrong] });
  await post('/auth/login', `{"email": "${email}", "password": "${CANARIES.wrong}"`);
  await post('/auth/password', { current_password: CANARIES.wrong, new_password: CANARIES.next }, first.access_token);
  await post('/auth/password', { current_password: CANARIES.password, new_password: CANARIES.password.slice(0, 11) }, first.access_token);
  await post('/auth/password', { current_password: CANARIES.password, new_password: CANARIES.next }, first.access_token);
  const second = await tokensOf(await post('/auth/refresh', { refresh_token: first.refresh_token }));
  await post('/auth/refresh', { refresh_token: first.refresh_token });
  await post('/auth/refresh', { refresh_token: `${second.refresh_token}x` });
  await post('/auth/logout', {}, `${second.access_token}x`);
  await gateway.get(`/auth/me?access_token=${second.access_token}`);
  await until(async () => (await gateway.db.auditLog.count({ where: { targetId: id, type: 'login.failed' } })) > 0);

  const secretOf = ({ refresh_token: token }: { refresh_token: string }): string => token.slice('rt_'.length + 31, -11);
  const signatureOf = ({ access_token: token }: { access_token: string }): string => token.split('.')[2] ?? token;
  const secrets = [
    CANARIES.password,
    CANARIES.wrong,
    CANARIES.next,
    ...[first, second].flatMap((tokens) => [secretOf(tokens), signatureOf(tokens)]),
  ];
  const written = await everythingWritten();
  expect(written).toContain(id);
  expect(errors.length).toBeGreaterThan(6);
  for (const secret of secrets) {
    expect(written.includes(secret)).toBe(false);
    expect(errors.some((error) => error.includes(secret))).toBe(false);
  }
});
