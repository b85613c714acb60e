import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { appendRequests } from '@sluice/prisma/append-requests';
import type { Role } from '@sluice/prisma/generated/enums';
import { say } from '@sluice/testing/scripts';
import { createAdminClient, type AdminClient } from '../../test-support/admin-client.ts';
import { errorOf } from '../../test-support/error-of.ts';
import { startHarness, type Harness } from '../../test-support/gateway-harness.ts';
import { requestRow } from '@sluice/testing/request-row';
import { createUsageDatabase, type UsageDatabase } from '../../test-support/usage-database.ts';

const at = (second: number): Date => new Date(Date.UTC(2026, 9, 1, 12, 0, second, 250));
const SECRET = 'nobody may read this';

const ROWS = [
  { projectId: 'proj_a', apiKeyId: 'key_1', userId: 'user_1', worker: 'worker-1', clientIpHash: 'ab', costNanoUsd: 5, createdAt: at(1) },
  { projectId: 'proj_a', apiKeyId: 'key_1', outcome: 'failed', statusCode: 503, errorCode: 'no_worker_available', createdAt: at(2) },
  { projectId: 'proj_b', apiKeyId: 'key_2', model: 'beta', createdAt: at(3) },
  { projectId: 'proj_other', apiKeyId: 'key_9', createdAt: at(4) },
].map((change) => requestRow(change as Partial<ReturnType<typeof requestRow>>));
const [FIRST, SECOND, THIRD] = ROWS.map(({ requestId }) => requestId);

describe('the history of requests', () => {
  let database: UsageDatabase;
  let gateway: Harness;
  let owner: AdminClient;
  beforeAll(async () => {
    database = await createUsageDatabase(ROWS);
    await appendRequests(database.db, [
      requestRow({
        projectId: 'proj_b',
        apiKeyId: 'key_3',
        createdAt: at(-10),
        content: { input: JSON.stringify({ prompt: SECRET }), output: SECRET },
      }),
    ]);
    gateway = await startHarness({ scripts: [say(['x'])], databaseUrl: database.url });
    owner = await createAdminClient(database.db, { url: gateway.url, organizationId: 'org_own', role: 'owner' });
  });
  afterAll(async () => {
    await gateway.close();
    await database.close();
  });

  const member = (projectRoles: Readonly<Record<string, Role>>) =>
    createAdminClient(database.db, { url: gateway.url, organizationId: 'org_own', role: 'member', projectRoles });
  type Listed = {
    readonly data: readonly { readonly id: string; readonly [name: string]: unknown }[];
    readonly has_more: boolean;
    readonly next_page: string | null;
  };
  const list = async (query = '', client = owner): Promise<Listed> =>
    (await client.get(`/sluice/v1/requests${query}`)).json() as Promise<Listed>;
  const idsOf = ({ data }: Listed) => data.map(({ id }) => id);

  test('answers 200 with the newest first, of the own organization alone', async () => {
    const page = await list('?limit=3');
    expect(idsOf(page)).toEqual([THIRD, SECOND, FIRST]);
    expect(page.has_more).toBe(true);
    expect(page.data[2]).toEqual({
      object: 'request',
      id: FIRST,
      created_at: at(1).getTime() / 1_000 - 0.25,
      created_at_ms: at(1).getTime(),
      api_key_id: 'key_1',
      project_id: 'proj_a',
      user_id: 'user_1',
      tier_id: 'free',
      endpoint: 'chat.completions',
      model: 'm',
      adapter: null,
      worker: 'worker-1',
      status_code: 200,
      outcome: 'completed',
      error_code: null,
      finish_reason: 'stop',
      stream: false,
      usage: { input_tokens: 1, input_cached_tokens: 0, output_tokens: 1 },
      cost: { value: 5e-9, currency: 'usd', nano_usd: '5' },
      wait_ms: null,
      queue_ms: null,
      ttft_ms: null,
      duration_ms: 1,
      user_agent: null,
      client_ip_hash: 'ab',
      retry_count: 0,
      tries: 1,
      trace_id: null,
    });
  });

  test('goes on where a page ended', async () => {
    const first = await list('?limit=2');
    const second = await list(`?limit=2&page=${first.next_page}`);
    expect(idsOf(first)).toEqual([THIRD, SECOND]);
    expect(idsOf(second)[0]).toBe(FIRST);
    expect(second.has_more).toBe(false);
  });

  test.each([
    ['?project_ids=proj_a', [SECOND, FIRST]],
    ['?api_key_ids=key_2', [THIRD]],
    ['?user_ids=user_1', [FIRST]],
    ['?models=beta', [THIRD]],
    ['?outcomes=failed&outcomes=refused', [SECOND]],
    ['?status_codes[]=503', [SECOND]],
    [`?start_time=${at(2).getTime() / 1_000 - 0.25}&end_time=${at(3).getTime() / 1_000 - 0.25}`, [SECOND]],
    ['?project_ids=proj_other', []],
  ])('takes only %s', async (query, wanted) => {
    expect(idsOf(await list(query))).toEqual(wanted);
  });

  test('shows a member the requests of their own projects', async () => {
    expect(idsOf(await list('', await member({ proj_a: 'viewer' })))).toEqual([SECOND, FIRST]);
    expect(idsOf(await list('', await member({})))).toEqual([]);
  });

  test('never holds content that was not asked for', async () => {
    await database.db.project.update({ where: { id: 'proj_b' }, data: { storesContent: true } });
    const text = await (await owner.get('/sluice/v1/requests?project_ids=proj_b')).text();
    expect(text).not.toContain(SECRET);
    expect(JSON.parse(text).data[0]).not.toHaveProperty('content');
  });

  test('has content for owners and admins of a project that keeps it, and for nobody else', async () => {
    const query = '?include=content&limit=10&project_ids=proj_b';
    await database.db.project.update({ where: { id: 'proj_b' }, data: { storesContent: true } });
    for (const client of [owner, await member({ proj_b: 'admin' })]) {
      const { data } = await list(query, client);
      expect(data.map(({ content }) => content)).toEqual([null, { input: { prompt: SECRET }, output: SECRET }]);
    }
    const [ofProject, ofNone] = [await member({ proj_b: 'member' }), await member({ proj_a: 'owner' })];
    expect(await errorOf(await ofProject.get(`/sluice/v1/requests${query}`))).toMatchObject({ status: 403 });
    expect(await errorOf(await ofNone.get(`/sluice/v1/requests${query}`))).toMatchObject({ status: 404 });
    await database.db.project.update({ where: { id: 'proj_b' }, data: { storesContent: false } });
    expect((await list(query)).data.map(({ content }) => content)).toEqual([null, null]);
  });

  test('puts into the audit log who read the content of which request, before anybody hears of it', async () => {
    const query = '?include=content&limit=10&project_ids=proj_b';
    await database.db.project.update({ where: { id: 'proj_b' }, data: { storesContent: true } });
    const reader = await member({ proj_b: 'owner' });
    const kept = (await list(query, reader)).data.find(({ content }) => content !== null);
    const { data } = await owner.admin.auditLogs.list({ resource_ids: [kept?.id ?? ''], actor_ids: [reader.userId] });
    expect(data).toMatchObject([
      {
        type: 'request_content.read',
        actor: { api_key: { user: { id: reader.userId } } },
        project: { id: 'proj_b' },
        'request_content.read': { id: kept?.id },
      },
    ]);
    // A reading that shows none is none.
    const readings = () => database.db.auditLog.count({ where: { type: 'request_content.read' } });
    const count = await readings();
    await list('?project_ids=proj_b', reader);
    await list('?include=content&limit=1&project_ids=proj_b', reader);
    expect(await readings()).toBe(count);

    await database.db.$executeRaw`
      ALTER TABLE audit_log ADD CONSTRAINT no_readings CHECK (type <> 'request_content.read') NOT VALID`;
    const response = await reader.get(`/sluice/v1/requests${query}`);
    expect({ status: response.status, tells: (await response.text()).includes(SECRET) }).toEqual({ status: 500, tells: false });
    await database.db.$executeRaw`ALTER TABLE audit_log DROP CONSTRAINT no_readings`;
  });

  test('an owner finds no content of another organization', async () => {
    await database.db.project.update({ where: { id: 'proj_b' }, data: { storesContent: true } });
    const other = await createAdminClient(database.db, { url: gateway.url, organizationId: 'org_other', role: 'owner' });
    expect((await list('?include=content&limit=10&project_ids=proj_b', other)).data).toEqual([]);
  });

  test.each([
    ['?include=content', 'project_ids'],
    ['?include=content&limit=5&project_ids=proj_a&project_ids=proj_b', 'project_ids'],
    ['?include=content&project_ids=proj_a&limit=11', 'limit'],
    ['?limit=101', 'limit'],
    ['?outcomes=lost', 'outcomes[0]'],
    ['?status_codes=99', 'status_codes[0]'],
    ['?start_time=5&end_time=5', 'end_time'],
    ['?page=page_eyJ9', 'page'],
    ['?after=req_1', 'after'],
  ])('answers 400 to %s, naming %s', async (query, param) => {
    expect(await errorOf(await owner.get(`/sluice/v1/requests${query}`))).toMatchObject({ status: 400, param });
  });

  test('answers 401 to nobody and 403 to an API key', async () => {
    expect(await errorOf(await fetch(`${gateway.url}/sluice/v1/requests`))).toMatchObject({ status: 401 });
    const headers = { authorization: `Bearer ${gateway.apiKey}` };
    expect(await errorOf(await fetch(`${gateway.url}/sluice/v1/requests`, { headers }))).toMatchObject({ status: 403 });
  });

  describe('of a key', () => {
    const own = (query: string, change = {}): Promise<Response> => {
      const key = gateway.keys.issue({ id: 'key_1', projectId: 'proj_a', ...change });
      return fetch(`${gateway.url}/v1/requests${query}`, { headers: { authorization: `Bearer ${key}` } });
    };

    test('are its own alone, and tell nothing of what is behind the gateway', async () => {
      const page = (await (await own('')).json()) as Listed;
      expect(idsOf(page)).toEqual([SECOND, FIRST]);
      for (const name of ['worker', 'client_ip_hash', 'tries', 'tier_id', 'content']) expect(page.data[0]).not.toHaveProperty(name);
      expect(idsOf((await (await own('?outcomes=failed')).json()) as Listed)).toEqual([SECOND]);
    });

    test('need the scope for it, and never hold content', async () => {
      expect(await errorOf(await own('', { scopes: new Set(['models']) }))).toMatchObject({ status: 403 });
      expect(await errorOf(await own('?include=content'))).toMatchObject({ status: 400, param: 'include' });
    });
  });
});
