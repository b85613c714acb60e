import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { generateApiKey, hashApiKey, redactApiKey } from '@sluice/platform/api-key';
import { createId } from '@sluice/prisma/ids';
import { PEPPER } from '@sluice/testing/pepper';
import { say } from '@sluice/testing/scripts';
import { until } from '@sluice/testing/until';
import { createPasswords } from '../auth/passwords.ts';
import { useAdminKey, type AdminClient } from '../test-support/admin-client.ts';
import { startAdminGateway, type AdminGateway } from '../test-support/admin-gateway.ts';
import { errorOf } from '../test-support/error-of.ts';
import { startHarness } from '../test-support/gateway-harness.ts';

const PATH = '/v1/organization/projects';
const PASSWORD = 'correct horse battery staple';

describe('whoever administers', () => {
  let gateway: AdminGateway;
  beforeAll(async () => {
    // As strong as a sieve, and fast.
    const passwords = createPasswords({ pepper: PEPPER, cost: { logN: 4, r: 1, p: 1 } });
    gateway = await startAdminGateway({ passwords });
  });
  afterAll(() => gateway.close());

  const withKey = (adminKey: string): AdminClient => useAdminKey({ url: gateway.url, userId: '', adminKey });
  /** An admin key of the owner's, as the database has it. */
  const keep = async (plaintext: string, change: { expiresAt?: Date; revokedAt?: Date; ownerId?: string } = {}) => {
    const publicId = plaintext.split('-').at(-2) ?? '';
    const secrets = { publicId, secretHash: hashApiKey(plaintext, PEPPER), redactedValue: redactApiKey(plaintext) };
    const { organizationId, owner } = gateway;
    await gateway.db.adminApiKey.create({
      data: { id: createId('key'), name: 'kept', organizationId, ownerId: owner.userId, ...secrets, ...change },
    });
    return withKey(plaintext);
  };

  test('may use an admin key from before such keys had a shape of their own', async () => {
    const old = await keep(generateApiKey('api').plaintext);
    expect((await old.get(PATH)).status).toBe(200);
    expect((await gateway.chat(old.adminKey)).status).toBe(401);
  });

  test('hears the same of every key that does not work: unknown, wrong, revoked, expired, and of a disabled user', async () => {
    const fresh = () => generateApiKey('admin').plaintext;
    const { userId: ownerId } = await gateway.admit('admin');
    await gateway.db.user.update({ where: { id: ownerId }, data: { disabledAt: new Date() } });
    const good = await keep(fresh());
    // The right id, and the secret and checksum of none: this one is refused before anybody is asked.
    const malformed = withKey(`${good.adminKey.slice(0, -1)}${good.adminKey.endsWith('0') ? '1' : '0'}`);
    const keys = [
      withKey(fresh()),
      malformed,
      await keep(fresh(), { revokedAt: new Date() }),
      await keep(fresh(), { expiresAt: new Date(Date.now() - 1) }),
      await keep(fresh(), { ownerId }),
    ];
    for (const key of keys) {
      const { status, code, message } = await errorOf(await key.get(PATH));
      expect({ status, code }).toEqual({ status: 401, code: 'invalid_api_key' });
      expect(message.replace(/sk-(admin-\w{12}-…\w{4}|…)/, 'KEY')).toBe(
        'Incorrect API key provided: KEY. Ask an owner of the organization for an admin key.',
      );
    }
    expect((await good.get(PATH)).status).toBe(200);
  });

  test('cannot do it with a key whose text is right and whose hash is not', async () => {
    const { plaintext } = generateApiKey('admin');
    const key = await keep(plaintext);
    await gateway.db.adminApiKey.updateMany({ where: { publicId: plaintext.split('-')[2] ?? '' }, data: { secretHash: '0'.repeat(64) } });
    expect((await key.get(PATH)).status).toBe(401);
  });

  test('is asked for a key where there is none, or something else', async () => {
    for (const headers of [{}, { authorization: 'Basic c2s6' }, { 'x-api-key': gateway.owner.adminKey }, { authorization: 'Bearer' }]) {
      const response = await fetch(`${gateway.url}${PATH}`, { headers: headers as Record<string, string> });
      expect(await errorOf(response)).toMatchObject({ status: 401, code: null, message: expect.stringContaining('admin key') });
    }
    expect((await fetch(`${gateway.url}${PATH}?api_key=${gateway.owner.adminKey}`)).status).toBe(401);
  });

  test('calls no model with an admin key', async () => {
    expect(await errorOf(await gateway.chat(gateway.owner.adminKey))).toMatchObject({ status: 401, code: 'invalid_api_key' });
    const models = await fetch(`${gateway.url}/v1/models`, { headers: { authorization: `Bearer ${gateway.owner.adminKey}` } });
    expect(models.status).toBe(401);
  });

  test('may do it with a login instead, with the rights of the moment, and is told of in the audit log', async () => {
    const user = { email: 'grace@example.com', name: 'Grace', role: 'admin', password: PASSWORD };
    const { id } = await gateway.owner.sent('POST', '/v1/organization/users', user);
    const login = await fetch(`${gateway.url}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: user.email, password: PASSWORD }),
    });
    const { access_token: token } = (await login.json()) as { access_token: string };
    const grace = withKey(token);
    const project = await grace.admin.projects.create({ name: 'By Grace' });
    const [event] = (await gateway.owner.admin.auditLogs.list({ resource_ids: [project.id], actor_emails: [user.email] })).data;
    expect(event?.actor).toEqual({ type: 'session', session: { ip_address: '127.0.0.1', user: { id, email: user.email } } });

    await gateway.owner.admin.users.update(String(id), { role: 'viewer' });
    await until(async () => (await grace.send('POST', PATH, { name: 'Not any more' })).status === 403);
    await gateway.owner.admin.users.delete(String(id));
    await until(async () => (await grace.get(PATH)).status === 401);
    expect(await errorOf(await withKey(`${token}x`).get(PATH))).toMatchObject({ status: 401, code: 'invalid_token' });
  });

  test('is named in the log line of each request, and no key is', async () => {
    await gateway.owner.get(PATH);
    const lines = () => gateway.harness.logLines.filter((line) => line.includes(`"route":"${PATH}"`) && line.includes('"status":200'));
    const line = await until(() => lines().at(-1));
    const { id } = await gateway.db.adminApiKey.findFirstOrThrow({
      where: { ownerId: gateway.owner.userId },
      orderBy: { createdAt: 'asc' },
    });
    expect(JSON.parse(line)).toMatchObject({ level: 'info', principalId: id, organizationId: gateway.organizationId });
    expect(gateway.harness.logLines.join('')).not.toContain(gateway.owner.adminKey.slice(22, -4));
  });

  test('is held up by nobody who guesses: made-up keys are refused from memory, and a known key goes on', async () => {
    await using flooded = await startAdminGateway();
    expect((await flooded.owner.get(PATH)).status).toBe(200);
    const guess = async () =>
      (await useAdminKey({ url: flooded.url, userId: '', adminKey: generateApiKey('admin').plaintext }).get(PATH)).status;
    const statuses: number[] = [];
    for (let i = 0; i < 12; i++) statuses.push(...(await Promise.all(Array.from({ length: 10 }, guess))));
    expect(new Set(statuses.slice(0, 20))).toEqual(new Set([401]));
    expect(statuses.at(-1)).toBe(429);
    expect((await flooded.owner.get(PATH)).status).toBe(200);
  });
});

test('whoever administers while the database is away may try again later', async () => {
  await using harness = await startHarness({ scripts: [say(['x'])] });
  const response = await useAdminKey({ url: harness.url, userId: '', adminKey: generateApiKey('admin').plaintext }).get(PATH);
  expect(response.headers.get('retry-after')).not.toBeNull();
  expect(await errorOf(response)).toMatchObject({ status: 503, code: 'store_unavailable' });
});
