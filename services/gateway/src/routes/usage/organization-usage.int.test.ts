import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { say } from '@sluice/testing/scripts';
import OpenAI, { BadRequestError, PermissionDeniedError } from 'openai';
import type { UsageCompletionsParams, UsageCompletionsResponse } from 'openai/resources/admin/organization/usage';
import { createAdminClient, type AdminClient } from '../../test-support/admin-client.ts';
import { errorOf } from '../../test-support/error-of.ts';
import { startHarness, type Harness } from '../../test-support/gateway-harness.ts';
import { requestRow } from '@sluice/testing/request-row';
import { createUsageDatabase, type UsageDatabase } from '../../test-support/usage-database.ts';

const DAY_S = 86_400;
const START_S = Date.UTC(2026, 9, 1) / 1_000;
const at = (atS: number): Date => new Date((START_S + atS) * 1_000);

const ROWS = [
  {
    projectId: 'proj_a',
    apiKeyId: 'key_1',
    userId: 'user_1',
    model: 'alpha',
    promptTokens: 100,
    cachedTokens: 40,
    completionTokens: 10,
    costNanoUsd: 1_000_000_000,
    createdAt: at(5),
  },
  {
    projectId: 'proj_a',
    apiKeyId: 'key_1',
    userId: 'user_1',
    model: 'beta',
    promptTokens: 200,
    cachedTokens: 0,
    completionTokens: 20,
    costNanoUsd: 1,
    createdAt: at(65),
  },
  {
    projectId: 'proj_b',
    apiKeyId: 'key_2',
    model: 'alpha',
    endpoint: 'completions',
    promptTokens: 1_000,
    cachedTokens: 0,
    completionTokens: 5,
    costNanoUsd: 500_000_000,
    createdAt: at(2 * DAY_S + 3_600),
  },
  {
    projectId: 'proj_a',
    apiKeyId: 'key_1',
    model: 'vectors',
    endpoint: 'embeddings',
    promptTokens: 7,
    cachedTokens: 0,
    completionTokens: 0,
    costNanoUsd: 0,
    createdAt: at(10),
  },
  {
    projectId: 'proj_a',
    apiKeyId: 'key_1',
    userId: 'user_1',
    model: 'alpha',
    outcome: 'refused' as const,
    statusCode: 429,
    tries: 0,
    promptTokens: 0,
    completionTokens: 0,
    createdAt: at(6),
  },
  { projectId: 'proj_other', apiKeyId: 'key_9', model: 'alpha', promptTokens: 9_999, createdAt: at(5) },
].map((change) => requestRow(change));

type Completions = Extract<
  UsageCompletionsResponse['data'][number]['results'][number],
  { object: 'organization.usage.completions.result' }
>;

describe('GET /v1/organization/usage and costs', () => {
  let database: UsageDatabase;
  let gateway: Harness;
  let owner: AdminClient;
  beforeAll(async () => {
    database = await createUsageDatabase(ROWS);
    gateway = await startHarness({ scripts: [say(['x'])], databaseUrl: database.url });
    owner = await createAdminClient(database.db, { url: gateway.url, organizationId: 'org_own', role: 'owner' });
  });
  afterAll(async () => {
    await gateway.close();
    await database.close();
  });

  const usageOf = ({ sdk }: AdminClient) => sdk.admin.organization.usage;
  const completions = async (query: Partial<UsageCompletionsParams> = {}, client = owner): Promise<readonly Completions[]> => {
    const page = await usageOf(client).completions({ start_time: START_S, end_time: START_S + 3 * DAY_S, ...query });
    return page.data.flatMap(({ results }) => results as Completions[]);
  };

  test('answers 200 in OpenAI’s own shape, to its own client', async () => {
    const page = await usageOf(owner).completions({ start_time: START_S, end_time: START_S + 3 * DAY_S });
    const bucket = (day: number, results: object[]) => ({
      object: 'bucket',
      start_time: START_S + day * DAY_S,
      end_time: START_S + (day + 1) * DAY_S,
      results,
    });
    const result = (input: number, cached: number, output: number, requests: number) =>
      expect.objectContaining({
        object: 'organization.usage.completions.result',
        input_tokens: input,
        input_cached_tokens: cached,
        input_uncached_tokens: input - cached,
        output_tokens: output,
        input_audio_tokens: 0,
        num_model_requests: requests,
        project_id: null,
        user_id: null,
        api_key_id: null,
        model: null,
        batch: null,
        service_tier: null,
      });
    expect(page).toEqual({
      object: 'page',
      data: [bucket(0, [result(300, 40, 30, 2)]), bucket(1, []), bucket(2, [result(1_000, 0, 5, 1)])],
      has_more: false,
      next_page: null,
    });
  });

  test.each([
    [['model'], [{ model: 'alpha' }, { model: 'beta' }, { model: 'alpha' }]],
    [
      ['project_id', 'user_id'],
      [
        { project_id: 'proj_a', user_id: 'user_1' },
        { project_id: 'proj_b', user_id: null },
      ],
    ],
    [['api_key_id'], [{ api_key_id: 'key_1' }, { api_key_id: 'key_2' }]],
    [
      ['batch', 'service_tier', 'api_source'],
      [{ batch: false, service_tier: 'default', api_source: 'unlabeled' }, { batch: false }],
    ],
  ] as const)('groups by %j', async (groups, wanted) => {
    expect(await completions({ group_by: [...groups] })).toEqual(wanted.map((each) => expect.objectContaining(each)));
  });

  test.each([
    [{ project_ids: ['proj_b'] }, 1_000],
    [{ user_ids: ['user_1'] }, 300],
    [{ api_key_ids: ['key_1', 'key_2'] }, 1_300],
    [{ models: ['beta'] }, 200],
    [{ project_ids: ['proj_a'], models: ['alpha'] }, 100],
    [{ batch: false }, 1_300],
    [{ batch: true }, 0],
    [{ project_ids: ['proj_other'] }, 0],
  ] satisfies readonly (readonly [Partial<UsageCompletionsParams>, number])[])('takes only %j', async (filter, inputTokens) => {
    expect((await completions(filter)).reduce((sum, { input_tokens }) => sum + input_tokens, 0)).toBe(inputTokens);
  });

  test('tells minutes and hours apart', async () => {
    const minutes = await usageOf(owner).completions({ start_time: START_S, end_time: START_S + 120, bucket_width: '1m' });
    expect(minutes.data.map(({ start_time, results }) => [start_time - START_S, results.length])).toEqual([
      [0, 1],
      [60, 1],
    ]);
    const hours = await usageOf(owner).completions({ start_time: START_S, bucket_width: '1h' });
    expect(hours.data).toHaveLength(24);
    expect(hours.data[0]?.results).toEqual([expect.objectContaining({ input_tokens: 300 })]);
  });

  test('goes on page by page with the cursor of each, as one large page would', async () => {
    const query = { start_time: START_S, end_time: START_S + 3 * DAY_S, group_by: ['model' as const] };
    const whole = await usageOf(owner).completions(query);
    const buckets = [];
    let page: string | null | undefined;
    do {
      const next: UsageCompletionsResponse = await usageOf(owner).completions({ ...query, limit: 1, ...(page ? { page } : {}) });
      buckets.push(...next.data);
      expect(next.has_more).toBe(next.next_page !== null);
      page = next.next_page;
    } while (page);
    expect(buckets).toEqual(whole.data);
  });

  test.each(['1m', '1h', '1d'] as const)(
    'counts as model requests, in buckets of %s, those that reached a model; the refused show beside them',
    async (width) => {
      const [first] = await completions({ group_by: ['model'], bucket_width: width });
      expect(first).toMatchObject({ model: 'alpha', num_model_requests: 1, sluice: { num_requests: 2 } });
    },
  );

  test('counts embeddings apart', async () => {
    const page = await usageOf(owner).embeddings({ start_time: START_S, limit: 1, group_by: ['model'] });
    expect(page.data[0]?.results).toEqual([
      {
        object: 'organization.usage.embeddings.result',
        input_tokens: 7,
        num_model_requests: 1,
        project_id: null,
        user_id: null,
        api_key_id: null,
        model: 'vectors',
        sluice: { num_requests: 1 },
      },
    ]);
  });

  test('has empty buckets of every other kind', async () => {
    const usage = usageOf(owner);
    const query = { start_time: START_S, limit: 2 };
    const ask = [
      () => usage.decisions(query),
      () => usage.moderations(query),
      () => usage.images({ ...query, group_by: ['size', 'source'] }),
      () => usage.audioSpeeches(query),
      () => usage.audioTranscriptions(query),
      () => usage.vectorStores({ ...query, project_ids: ['proj_a'] }),
      () => usage.codeInterpreterSessions(query),
      () => usage.fileSearchCalls({ ...query, group_by: ['vector_store_id'] }),
      () => usage.webSearchCalls({ ...query, group_by: ['context_level'] }),
    ];
    for (const each of ask) expect((await each()).data.map(({ results }) => results)).toEqual([[], []]);
  });

  test('tells costs in dollars, by project and by model', async () => {
    const query = { start_time: START_S, end_time: START_S + 3 * DAY_S };
    const costs = async (group_by: ('project_id' | 'line_item' | 'api_key_id')[]) =>
      (await usageOf(owner).costs({ ...query, group_by })).data.flatMap(({ results }) => results);
    const result = { object: 'organization.costs.result', quantity: null, quantity_unit: null, user_id: null, api_source: null };
    expect(await costs([])).toEqual([
      { ...result, amount: { value: 1.000_000_001, currency: 'usd' }, project_id: null, line_item: null, api_key_id: null },
      { ...result, amount: { value: 0.5, currency: 'usd' }, project_id: null, line_item: null, api_key_id: null },
    ]);
    expect(await costs(['project_id'])).toMatchObject([{ project_id: 'proj_a' }, { project_id: 'proj_b' }]);
    expect(await costs(['line_item'])).toMatchObject([
      { line_item: 'alpha', amount: { value: 1 }, quantity: 110, quantity_unit: 'tokens' },
      { line_item: 'beta', amount: { value: 1e-9 }, quantity: 220 },
      { line_item: 'vectors', amount: { value: 0 }, quantity: 7 },
      { line_item: 'alpha', amount: { value: 0.5 }, quantity: 1_005 },
    ]);
    const half = await usageOf(owner).costs({ ...query, project_ids: ['proj_b'], line_items: ['alpha'], limit: 180 });
    expect(half.data.flatMap(({ results }) => results)).toMatchObject([{ amount: { value: 0.5 } }]);
  });

  test('shows a member their own projects, whatever they filter by', async () => {
    const member = await createAdminClient(database.db, {
      url: gateway.url,
      organizationId: 'org_own',
      role: 'member',
      projectRoles: { proj_b: 'viewer' },
    });
    expect(await completions({ group_by: ['project_id'] }, member)).toMatchObject([{ project_id: 'proj_b', input_tokens: 1_000 }]);
    expect(await completions({ project_ids: ['proj_a'] }, member)).toEqual([]);
    const costs = await usageOf(member).costs({ start_time: START_S, end_time: START_S + 3 * DAY_S });
    expect(costs.data.flatMap(({ results }) => results)).toMatchObject([{ amount: { value: 0.5 } }]);
  });

  test('shows another organization nothing of this one', async () => {
    const other = await createAdminClient(database.db, { url: gateway.url, organizationId: 'org_other', role: 'owner' });
    expect(await completions({ group_by: ['project_id'] }, other)).toMatchObject([{ project_id: 'proj_other' }]);
  });

  test('answers 403 to an API key', async () => {
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'unused', adminAPIKey: gateway.apiKey, maxRetries: 0 });
    const asking = client.admin.organization.usage.completions({ start_time: START_S });
    await expect(asking).rejects.toBeInstanceOf(PermissionDeniedError);
  });

  test.each([
    ['', 'start_time'],
    ['start_time=x', 'start_time'],
    ['start_time=-1', 'start_time'],
    ['start_time=253402300800', 'start_time'],
    [`start_time=${START_S}&end_time=${START_S}`, 'end_time'],
    [`start_time=${START_S}&bucket_width=2d`, 'bucket_width'],
    [`start_time=${START_S}&limit=32`, 'limit'],
    [`start_time=${START_S}&bucket_width=1h&limit=169`, 'limit'],
    [`start_time=${START_S}&bucket_width=1m&limit=1441`, 'limit'],
    [`start_time=${START_S}&limit=0`, 'limit'],
    [`start_time=${START_S}&group_by[]=color`, 'group_by[0]'],
    [`start_time=${START_S}&page=page_x`, 'page'],
    [`start_time=${START_S}&colour=red`, 'colour'],
  ])('answers 400 to ?%s, naming %s', async (query, param) => {
    const error = await errorOf(await owner.get(`/v1/organization/usage/completions?${query}`));
    expect(error).toMatchObject({ status: 400, type: 'invalid_request_error', param });
  });

  test('answers 400 to a cursor with other parameters', async () => {
    const { next_page: page } = await usageOf(owner).completions({ start_time: START_S, limit: 1 });
    if (page === null) throw new Error('there is no second page');
    for (const other of [{ start_time: START_S + 1 }, { start_time: START_S, models: ['alpha'] }])
      await expect(usageOf(owner).completions({ ...other, page })).rejects.toBeInstanceOf(BadRequestError);
    await expect(usageOf(owner).embeddings({ start_time: START_S, page })).rejects.toBeInstanceOf(BadRequestError);
    expect((await usageOf(owner).completions({ start_time: START_S, limit: 3, page })).data).toHaveLength(3);
  });
});
