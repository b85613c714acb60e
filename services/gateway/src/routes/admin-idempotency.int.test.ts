import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createTestRedis, type TestRedis } from '@sluice/testing/test-redis';
import { until } from '@sluice/testing/until';
import { startAdminGateway, type AdminGateway } from '../test-support/admin-gateway.ts';
import type { AdminClient } from '../test-support/admin-client.ts';
import { cutOnCommit } from '../test-support/cut-on-commit.ts';
import { errorOf } from '../test-support/error-of.ts';
import { textOfRedis } from '../test-support/stored-text.ts';

const PROJECTS = '/v1/organization/projects';

describe('a POST of administration with an Idempotency-Key', () => {
  let redis: TestRedis;
  let gateway: AdminGateway;
  let key: string;
  beforeAll(async () => {
    redis = await createTestRedis();
    gateway = await startAdminGateway({}, { redisUrl: redis.url });
  });
  afterAll(async () => {
    await gateway.close();
    await redis.release();
  });
  beforeEach(() => {
    key = randomUUID();
  });

  const post = (client: AdminClient, path: string, body: unknown, init: RequestInit = {}) =>
    client.send('POST', path, body, { ...init, headers: { 'idempotency-key': key } });
  const keysPath = () => `${PROJECTS}/${gateway.projectId}/api_keys`;

  test('is carried out once, and gives the same secret again to whoever made it', async () => {
    const first = await post(gateway.owner, keysPath(), { name: 'once' });
    const made = await first.text();
    const again = await post(gateway.owner, keysPath(), { name: 'once' });
    expect(await again.text()).toBe(made);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.headers.get('cache-control')).toBe('no-store');
    expect(await gateway.db.apiKey.count({ where: { name: 'once' } })).toBe(1);
    expect(await gateway.db.auditLog.count({ where: { type: 'api_key.created', after: { path: ['name'], equals: 'once' } } })).toBe(1);
    const { value } = JSON.parse(made) as { value: string };
    expect((await gateway.chat(value)).status).toBe(200);
  });

  test('is carried out once by the routes of our own, too', async () => {
    const { id } = await gateway.db.apiKey.findFirstOrThrow();
    const rotate = () => post(gateway.owner, `/sluice/v1/api_keys/${id}/rotate`, { overlap_seconds: 3_600 });
    const first = await rotate();
    expect(first.status).toBe(200);
    expect(await (await rotate()).text()).toBe(await first.text());
  });

  test('leaves no secret in Redis', async () => {
    const { value } = (await (await post(gateway.owner, keysPath(), { name: 'sealed' })).json()) as { value: string };
    const stored = await textOfRedis(redis.url);
    expect(stored).toContain('sluice:idempotency-answer:');
    expect(stored).not.toContain(value);
    expect(stored).not.toContain(value.split('-')[2]);
  });

  test('has nothing to do with the same key of another principal', async () => {
    const other = await gateway.admit('owner');
    const first = (await (await post(gateway.owner, keysPath(), { name: 'mine' })).json()) as { value: string };
    const second = await post(other, keysPath(), { name: 'mine' });
    expect(second.headers.get('idempotent-replayed')).toBeNull();
    expect(((await second.json()) as { value: string }).value).not.toBe(first.value);
  });

  test('is no use any more to who may not do it any more', async () => {
    const admin = await gateway.admit('admin');
    expect((await post(admin, keysPath(), { name: 'lost' })).status).toBe(200);
    await gateway.db.user.update({ where: { id: admin.userId }, data: { role: 'viewer' } });
    expect((await post(admin, keysPath(), { name: 'lost' })).status).toBe(404);
  });

  test('hears 409 with another body, and that repeating it is no use', async () => {
    await post(gateway.owner, PROJECTS, { name: 'One' });
    const other = await post(gateway.owner, PROJECTS, { name: 'Other' });
    expect(other.headers.get('x-should-retry')).toBe('false');
    expect(await errorOf(other)).toMatchObject({ status: 409, code: 'idempotency_key_conflict' });
  });

  test('is carried out once, however many come at once', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(gateway.owner, PROJECTS, { name: 'Rushed' })));
    const statuses = new Set(answers.map(({ status }) => status));
    expect([...statuses].every((status) => status === 200 || status === 409)).toBe(true);
    expect(await gateway.db.project.count({ where: { name: 'Rushed' } })).toBe(1);
  });

  test('is free again after a refusal', async () => {
    expect((await post(gateway.owner, PROJECTS, { name: 'Free', tier: 'nothing' })).status).toBe(400);
    expect((await post(gateway.owner, PROJECTS, { name: 'Free' })).status).toBe(200);
  });

  test('goes on when its client leaves, and tells whoever comes back what was made', async () => {
    const client = new AbortController();
    const locked = await holdOrganization(gateway);
    const gone = post(gateway.owner, PROJECTS, { name: 'Left' }, { signal: client.signal });
    // It has its key and waits for the lock: whoever asks before would take the key for itself.
    const waiting = () => gateway.db.$queryRaw<unknown[]>`
      SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    await until(async () => (await waiting()).length > 0);
    expect((await post(gateway.owner, PROJECTS, { name: 'Left' })).status).toBe(409);
    client.abort();
    await expect(gone).rejects.toThrow();
    await locked.release();
    const back = await until(async () => {
      const answer = await post(gateway.owner, PROJECTS, { name: 'Left' });
      return answer.ok && answer;
    });
    expect(back.headers.get('idempotent-replayed')).toBe('true');
    expect(await back.json()).toMatchObject({ name: 'Left' });
    expect(await gateway.db.project.count({ where: { name: 'Left' } })).toBe(1);
  });

  test('that may have been carried out when the database went away is not carried out again', async () => {
    await cutOnCommit(gateway.db);
    const cut = await post(gateway.owner, PROJECTS, { name: 'Cut' });
    expect(cut.headers.get('x-should-retry')).toBe('false');
    expect(await errorOf(cut)).toMatchObject({ status: 503, code: 'change_uncertain' });
    // The other connections of that pool may hear of it first.
    const again = await until(async () => {
      const error = await errorOf(await post(gateway.owner, PROJECTS, { name: 'Cut' }));
      return error.code !== 'store_unavailable' && error;
    });
    expect(again).toMatchObject({ status: 409, code: 'idempotent_answer_not_kept' });
  });

  test('is refused while nobody can keep the promise; without the header nothing changes', async () => {
    await using away = await startAdminGateway();
    const refused = await post(away.owner, PROJECTS, { name: 'Promised' });
    expect(await errorOf(refused)).toMatchObject({ status: 503, code: 'store_unavailable' });
    expect(await away.db.project.count({ where: { name: 'Promised' } })).toBe(0);
    expect((await away.owner.send('POST', PROJECTS, { name: 'Promised' })).status).toBe(200);
  });
});

/** Keeps changes of the organization waiting until it is released. */
async function holdOrganization({ db, organizationId }: AdminGateway): Promise<{ release(): Promise<void> }> {
  const isHeld = Promise.withResolvers<void>();
  const isOver = Promise.withResolvers<void>();
  const holding = db.$transaction(
    async (tx) => {
      await tx.$queryRaw`SELECT id FROM organizations WHERE id = ${organizationId} FOR UPDATE`;
      isHeld.resolve();
      await isOver.promise;
    },
    { timeout: 20_000 },
  );
  await isHeld.promise;
  return {
    release: async () => {
      isOver.resolve();
      await holding;
    },
  };
}
