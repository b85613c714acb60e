import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BadRequestError, ConflictError, NotFoundError } from 'openai';
import { startAdminGateway, type AdminGateway } from '../../../test-support/admin-gateway.ts';
import { auditTrail, keyIdOf } from '../../../test-support/audit-trail.ts';
import { collect } from '../../../test-support/collect.ts';
import { errorOf } from '../../../test-support/error-of.ts';

describe('client.admin.organization.projects', () => {
  let gateway: AdminGateway;
  beforeAll(async () => {
    gateway = await startAdminGateway();
  });
  afterAll(() => gateway.close());

  const projects = () => gateway.owner.admin.projects;

  test('makes, shows, renames, lists and archives a project, each with its line in the audit log', async () => {
    const actorId = await keyIdOf(gateway, gateway.owner);
    const made = await projects().create({ name: 'Search' });
    expect(made).toMatchObject({
      id: expect.stringMatching(/^proj_/),
      object: 'organization.project',
      name: 'Search',
      status: 'active',
      archived_at: null,
      sluice: { tier: 'free', allowed_models: [], stores_content: false },
    });
    expect(Math.abs(made.created_at - Date.now() / 1_000)).toBeLessThan(60);
    expect(await projects().retrieve(made.id)).toEqual(made);
    expect(await projects().update(made.id, { name: 'Find' })).toEqual({ ...made, name: 'Find' });
    const archived = await projects().archive(made.id);
    expect(archived).toMatchObject({ status: 'archived', archived_at: expect.any(Number) });
    const ids = async (query: { include_archived?: boolean }) => (await collect(projects().list(query))).map(({ id }) => id);
    expect(await ids({})).not.toContain(made.id);
    expect(await ids({ include_archived: true })).toContain(made.id);
    expect(await auditTrail(gateway, made.id)).toEqual([
      { type: 'project.created', actorId, before: null, after: expect.objectContaining({ name: 'Search', tier_id: 'free' }) },
      { type: 'project.updated', actorId, before: { name: 'Search' }, after: { name: 'Find' } },
      { type: 'project.archived', actorId, before: { archived_at: null }, after: { archived_at: expect.any(String) } },
    ]);
  });

  test('gives every project once, however small the pages, while others are made', async () => {
    const names = Array.from({ length: 7 }, (_, i) => `Page ${i}`);
    for (const name of names) await projects().create({ name });
    const seen: string[] = [];
    for await (const { name } of projects().list({ limit: 2 })) {
      seen.push(name ?? '');
      if (seen.length === 3) await projects().create({ name: 'Page late' });
    }
    expect(seen.filter((name) => name.startsWith('Page'))).toEqual([...names, 'Page late']);
  });

  test('pages backwards, too', async () => {
    const all = (await gateway.owner.sent('GET', '/v1/organization/projects?limit=100'))['data'] as { id: string }[];
    const [, second = { id: '' }, third] = all;
    const page = await gateway.owner.sent('GET', `/v1/organization/projects?limit=2&before=${third?.id}`);
    expect(page).toMatchObject({ object: 'list', data: all.slice(0, 2), first_id: all[0]?.id, last_id: second.id, has_more: false });
    const one = await gateway.owner.sent('GET', `/v1/organization/projects?limit=1&before=${third?.id}`);
    expect(one).toMatchObject({ data: [second], has_more: true });
  });

  test('shows a member the projects they belong to, and no other', async () => {
    const mine = await projects().create({ name: 'Mine' });
    const member = await gateway.admit('member', { projectRoles: { [mine.id]: 'viewer' } });
    expect((await collect(member.admin.projects.list())).map(({ name }) => name)).toEqual(['Mine']);
    await expect(member.admin.projects.retrieve(gateway.projectId)).rejects.toBeInstanceOf(NotFoundError);
  });

  test('shows nothing of another organization, as if it did not exist', async () => {
    const other = await gateway.createOrganization();
    const foreign = await errorOf(await gateway.owner.get(`/v1/organization/projects/${other.projectId}`));
    const missing = await errorOf(await gateway.owner.get('/v1/organization/projects/proj_nothing'));
    expect(foreign).toEqual(missing);
    expect(missing).toMatchObject({ status: 404, code: 'not_found' });
    expect((await collect(projects().list({ include_archived: true }))).map(({ id }) => id)).not.toContain(other.projectId);
  });

  test('refuses by name: a name that is taken, a field it does not know, a wish it cannot fulfil', async () => {
    const post = async (body: unknown) => errorOf(await gateway.owner.send('POST', '/v1/organization/projects', body));
    await projects().create({ name: 'Taken' });
    await expect(projects().create({ name: 'Taken' })).rejects.toBeInstanceOf(ConflictError);
    expect(await post({ name: 'Taken' })).toMatchObject({ status: 409, code: 'already_exists', param: 'name' });
    expect(await post({})).toMatchObject({ status: 400, code: 'missing_required_parameter', param: 'name' });
    expect(await post({ name: '' })).toMatchObject({ status: 400, param: 'name' });
    expect(await post({ name: 'a\u0000b' })).toMatchObject({ status: 400, code: 'invalid_value', param: 'name' });
    expect(await post({ name: 'x', budget: 5 })).toMatchObject({ status: 400, code: 'unknown_parameter', param: 'budget' });
    expect(await post({ name: 'x', tier: 'gold' })).toMatchObject({ status: 400, code: 'invalid_value', param: 'tier' });
    expect(await post({ name: 'x', residency: 'EU_STORAGE_PROCESSING' })).toMatchObject({
      code: 'unsupported_parameter',
      param: 'residency',
    });
    expect((await projects().create({ name: 'Neutral', residency: 'GLOBAL', external_key_id: null })).name).toBe('Neutral');
    const list = async (query: string) => errorOf(await gateway.owner.get(`/v1/organization/projects?${query}`));
    expect(await list('include_archive=true')).toMatchObject({ status: 400, code: 'unknown_parameter', param: 'include_archive' });
    expect(await list('limit=101')).toMatchObject({ status: 400, param: 'limit' });
    expect(await list('after=proj_nothing')).toMatchObject({ status: 400, code: 'invalid_value', param: 'after' });
  });

  test('changes nothing about a project that is archived', async () => {
    const { id } = await projects().create({ name: 'Gone' });
    await projects().archive(id);
    await expect(projects().update(id, { name: 'Back' })).rejects.toBeInstanceOf(ConflictError);
    await expect(projects().archive(id)).rejects.toBeInstanceOf(ConflictError);
    await expect(projects().serviceAccounts.create(id, { name: 'x' })).rejects.toBeInstanceOf(ConflictError);
  });

  test('makes one of two projects that are made at once with the same name', async () => {
    const results = await Promise.allSettled(Array.from({ length: 6 }, () => projects().create({ name: 'Race' })));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(ConflictError);
    expect(await gateway.db.project.count({ where: { name: 'Race' } })).toBe(1);
  });

  test('writes nothing down for a change that changes nothing', async () => {
    const { id } = await projects().create({ name: 'Still' });
    await projects().update(id, { name: 'Still' });
    expect((await auditTrail(gateway, id)).map(({ type }) => type)).toEqual(['project.created']);
  });

  test('takes only JSON, and not too much of it', async () => {
    const send = async (contentType: string, body: string) =>
      errorOf(
        await fetch(`${gateway.url}/v1/organization/projects`, {
          method: 'POST',
          headers: { authorization: `Bearer ${gateway.owner.adminKey}`, 'content-type': contentType },
          body,
        }),
      );
    expect(await send('text/plain', '{"name":"x"}')).toMatchObject({ status: 415 });
    expect(await send('application/json', '{"name":')).toMatchObject({ status: 400, code: 'invalid_json' });
    expect(await send('application/json', JSON.stringify({ name: 'x'.repeat(70_000) }))).toMatchObject({ status: 413 });
    expect(await send('application/json', '[]')).toMatchObject({ status: 400, code: 'invalid_type' });
    await expect(projects().create({ name: 'x'.repeat(257) })).rejects.toBeInstanceOf(BadRequestError);
  });
});
