import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { appendRequests } from '@sluice/prisma/append-requests';
import { say } from '@sluice/testing/scripts';
import { UNLIMITED, type Policy } from '../../keys/policy.ts';
import { errorOf } from '../../test-support/error-of.ts';
import { startHarness, type Harness } from '../../test-support/gateway-harness.ts';
import { requestRow } from '@sluice/testing/request-row';
import { createUsageDatabase, type UsageDatabase } from '../../test-support/usage-database.ts';

/** In Kathmandu, 5:45 ahead, this is the first of October, a quarter of an hour after midnight. */
const NOW = new Date('2026-09-30T18:30:00Z');
const DAY_S = 86_400;
const MONTH = { startsAt: new Date('2026-09-30T18:15:00Z'), endsAt: new Date('2026-10-31T18:15:00Z') };

const POLICY: Policy = {
  ...UNLIMITED,
  timezone: 'Asia/Kathmandu',
  scopes: [
    { kind: 'key', id: 'key_1', limits: { monthlyTokens: 100, requestsPerMinute: 5 }, byEndpoint: {}, byModel: {} },
    {
      kind: 'project',
      id: 'proj_a',
      limits: { monthlyTokens: 50, monthlyBudgetNanoUsd: 2_500_000_000 },
      byEndpoint: { embeddings: { tokensPerMinute: 9 } },
      byModel: { alpha: { requestsPerDay: 7 } },
    },
    { kind: 'organization', id: 'org_own', limits: { monthlyTokens: 1 }, byEndpoint: {}, byModel: {} },
  ],
};

/** No worker was tried. */
const REFUSED = { outcome: 'refused', statusCode: 429, tries: 0, promptTokens: 0, completionTokens: 0 } as const;

const ROWS = [
  { createdAt: new Date(MONTH.startsAt.getTime() - 1), promptTokens: 1_000, completionTokens: 0, costNanoUsd: 7_000_000_000 },
  { createdAt: MONTH.startsAt, model: 'alpha', promptTokens: 20, cachedTokens: 4, completionTokens: 5, costNanoUsd: 1_000_000_001 },
  { createdAt: NOW, model: 'beta', endpoint: 'completions', promptTokens: 3, completionTokens: 2, costNanoUsd: 1 },
  { createdAt: NOW, model: 'beta', endpoint: 'completions', ...REFUSED },
  { createdAt: NOW, apiKeyId: 'key_2', promptTokens: 30, completionTokens: 10, costNanoUsd: 2_000_000_000 },
  { createdAt: NOW, apiKeyId: 'key_3', projectId: 'proj_b', promptTokens: 500, completionTokens: 0, costNanoUsd: 0 },
].map((change) => requestRow({ projectId: 'proj_a', apiKeyId: 'key_1', userId: 'user_1', ...change }));

type KeyUsage = {
  readonly object: string;
  readonly data: readonly { readonly start_time: number; readonly results: readonly object[] }[];
  readonly has_more: boolean;
  readonly next_page: string | null;
  readonly period: object;
  readonly scopes: readonly { readonly tokens: { readonly used: number } }[];
};

describe('GET /v1/usage', () => {
  let database: UsageDatabase;
  let gateway: Harness;
  let key: string;
  beforeAll(async () => {
    database = await createUsageDatabase(ROWS);
    const clock = { now: () => NOW, monotonicMs: () => performance.now() };
    gateway = await startHarness({ scripts: [say(['x'])], databaseUrl: database.url, parts: { clock } });
    key = gateway.keys.issue({ id: 'key_1', projectId: 'proj_a', organizationId: 'org_own', userId: 'user_1', policy: POLICY });
  });
  afterAll(async () => {
    await gateway.close();
    await database.close();
  });

  const get = (query = '', authorization = `Bearer ${key}`): Promise<Response> =>
    fetch(`${gateway.url}/v1/usage${query}`, { headers: { authorization } });
  const read = async (query = '', authorization?: string) => (await (await get(query, authorization)).json()) as KeyUsage;

  test('answers 200 with what the key, its user and its project have used in the month of their time zone', async () => {
    const { period, scopes } = await read();
    const noRates = { requests_per_minute: null, requests_per_day: null, tokens_per_minute: null, concurrent_requests: null };
    const usd = (value: number, nano: string) => ({ value, currency: 'usd', nano_usd: nano });
    expect(period).toEqual({
      id: '2026-10',
      start_time: MONTH.startsAt.getTime() / 1_000,
      end_time: MONTH.endsAt.getTime() / 1_000,
      time_zone: 'Asia/Kathmandu',
    });
    expect(scopes).toEqual([
      {
        object: 'usage.scope',
        scope: 'key',
        id: 'key_1',
        tokens: { used: 30, limit: 100, remaining: 70 },
        cost: { used: usd(1.000_000_002, '1000000002'), limit: null, remaining: null },
        limits: { ...noRates, requests_per_minute: 5, by_endpoint: {}, by_model: {} },
      },
      {
        object: 'usage.scope',
        scope: 'user',
        id: 'user_1',
        tokens: { used: 570, limit: null, remaining: null },
        cost: { used: usd(3.000_000_002, '3000000002'), limit: null, remaining: null },
        limits: { ...noRates, by_endpoint: {}, by_model: {} },
      },
      {
        object: 'usage.scope',
        scope: 'project',
        id: 'proj_a',
        tokens: { used: 70, limit: 50, remaining: 0 },
        cost: { used: usd(3.000_000_002, '3000000002'), limit: usd(2.5, '2500000000'), remaining: usd(0, '0') },
        limits: {
          ...noRates,
          by_endpoint: { embeddings: { ...noRates, tokens_per_minute: 9 } },
          by_model: { alpha: { ...noRates, requests_per_day: 7 } },
        },
      },
    ]);
  });

  test('has the key’s own buckets, the last seven days when nothing else is asked for', async () => {
    const { object, data, has_more: hasMore, next_page: nextPage } = await read();
    const today = Math.floor(NOW.getTime() / 1_000 / DAY_S) * DAY_S;
    expect(data.map(({ start_time }) => (start_time - today) / DAY_S)).toEqual([-6, -5, -4, -3, -2, -1, 0]);
    expect({ object, hasMore, nextPage }).toEqual({ object: 'page', hasMore: false, nextPage: null });
    expect(data.at(-1)).toEqual({
      object: 'bucket',
      start_time: today,
      end_time: today + DAY_S,
      results: [
        {
          object: 'usage.result',
          input_tokens: 1_023,
          input_cached_tokens: 4,
          output_tokens: 7,
          num_model_requests: 3,
          num_requests: 4,
          cost: { value: 8.000_000_002, currency: 'usd', nano_usd: '8000000002' },
          model: null,
          endpoint: null,
        },
      ],
    });
  });

  test('groups by model and endpoint, in minutes', async () => {
    const start = MONTH.startsAt.getTime() / 1_000;
    const { data } = await read(`?start_time=${start}&bucket_width=1m&limit=16&group_by[]=model&group_by[]=endpoint`);
    expect(data).toHaveLength(16);
    expect(data.flatMap(({ results }) => results)).toEqual([
      expect.objectContaining({ model: 'alpha', endpoint: 'chat.completions', input_tokens: 20 }),
      expect.objectContaining({ model: 'beta', endpoint: 'completions', input_tokens: 3 }),
    ]);
  });

  test('shows a request as soon as history has it', async () => {
    const other = gateway.keys.issue({ id: 'key_new', projectId: 'proj_a' });
    expect((await read('', `Bearer ${other}`)).scopes[0]?.tokens.used).toBe(0);
    await appendRequests(database.db, [requestRow({ projectId: 'proj_a', apiKeyId: 'key_new', createdAt: NOW, promptTokens: 8 })]);
    expect((await read('', `Bearer ${other}`)).scopes[0]?.tokens.used).toBe(9);
  });

  test('answers 401 without a key', async () => {
    expect(await errorOf(await fetch(`${gateway.url}/v1/usage`))).toMatchObject({ status: 401 });
  });

  test('answers 403 to a key whose scopes leave it out', async () => {
    const narrow = gateway.keys.issue({ scopes: new Set(['chat.completions']) });
    expect(await errorOf(await get('', `Bearer ${narrow}`))).toMatchObject({ status: 403, code: 'insufficient_permissions' });
    const fitting = gateway.keys.issue({ scopes: new Set(['usage']) });
    expect((await get('', `Bearer ${fitting}`)).status).toBe(200);
  });

  test.each([
    ['?limit=32', 'limit'],
    ['?start_time=1.5', 'start_time'],
    ['?group_by=project_id', 'group_by[0]'],
    ['?project_ids=proj_b', 'project_ids'],
    ['?page=x', 'page'],
  ])('answers 400 to %s, naming %s', async (query, param) => {
    expect(await errorOf(await get(query))).toMatchObject({ status: 400, param });
  });

  test('answers 503 while the database is away', async () => {
    await using away = await startHarness({ scripts: [say(['x'])] });
    const response = await fetch(`${away.url}/v1/usage`, { headers: { authorization: `Bearer ${away.apiKey}` } });
    expect(await errorOf(response)).toMatchObject({ status: 503, code: 'store_unavailable' });
  });
});
