import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startAdminGateway, type AdminGateway } from '../test-support/admin-gateway.ts';
import { cutOnCommit } from '../test-support/cut-on-commit.ts';
import { errorOf } from '../test-support/error-of.ts';

describe('a change', () => {
  let gateway: AdminGateway;
  beforeAll(async () => {
    gateway = await startAdminGateway();
  });
  afterAll(() => gateway.close());

  test('that cannot be written down is not made', async () => {
    await gateway.db.$executeRaw`
      CREATE FUNCTION refuse_some() RETURNS TRIGGER LANGUAGE plpgsql AS $$
      BEGIN
        IF NEW.after->>'name' = 'Unwritable' THEN RAISE EXCEPTION 'no room'; END IF;
        RETURN NEW;
      END $$`;
    await gateway.db.$executeRaw`CREATE TRIGGER refuse_some BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION refuse_some()`;
    const answer = await gateway.owner.send('POST', '/v1/organization/projects', { name: 'Unwritable' });
    expect(await errorOf(answer)).toMatchObject({ status: 500, message: expect.not.stringContaining('room') });
    expect(await gateway.db.project.count({ where: { name: 'Unwritable' } })).toBe(0);
    expect((await gateway.owner.send('POST', '/v1/organization/projects', { name: 'Writable' })).status).toBe(200);
  });

  test('follows another of the same organization, so that each "before" is the "after" of the one ahead of it', async () => {
    const { id } = await gateway.owner.admin.projects.create({ name: 'Name 0' });
    await Promise.all(Array.from({ length: 8 }, (_, i) => gateway.owner.admin.projects.update(id, { name: `Name ${i + 1}` })));
    const rows = await gateway.db.auditLog.findMany({ where: { targetId: id, type: 'project.updated' } });
    const steps = new Map(rows.map(({ before, after }) => [nameIn(before), nameIn(after)]));
    let name: string | undefined = 'Name 0';
    for (let i = 0; i < 8; i++) name = steps.get(name ?? '');
    expect(name).toBe((await gateway.owner.admin.projects.retrieve(id)).name);
    expect(steps.size).toBe(8);
  });

  test('that was being saved when the database went away may have been made, and says so', async () => {
    await cutOnCommit(gateway.db);
    const answer = await gateway.owner.send('POST', '/v1/organization/projects', { name: 'Cut' });
    expect(answer.headers.get('x-should-retry')).toBe('false');
    expect(await errorOf(answer)).toMatchObject({ status: 503, code: 'change_uncertain' });
  });

  test('waits for a change that is under way, but not for ever', async () => {
    let release = (): void => {};
    const isOver = new Promise<void>((resolve) => {
      release = resolve;
    });
    const holding = gateway.db.$transaction(
      async (tx) => {
        await tx.$queryRaw`SELECT id FROM organizations WHERE id = ${gateway.organizationId} FOR UPDATE`;
        await isOver;
      },
      { timeout: 20_000 },
    );
    const answer = await gateway.owner.send('POST', '/v1/organization/projects', { name: 'Waiting' });
    expect(await errorOf(answer)).toMatchObject({ status: 503, code: 'store_unavailable' });
    // Reading waits for nobody.
    expect((await gateway.owner.get('/v1/organization/projects')).status).toBe(200);
    release();
    await holding;
    expect((await gateway.owner.send('POST', '/v1/organization/projects', { name: 'Waiting' })).status).toBe(200);
  });
});

function nameIn(json: unknown): string {
  return String(Reflect.get(Object(json), 'name'));
}
