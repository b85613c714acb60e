import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { appendRequests, type RequestRow } from '@sluice/prisma/append-requests';
import * as fc from 'fast-check';
import { monthOf } from '../limits/period.ts';
import { requestRow } from '@sluice/testing/request-row';
import { createUsageDatabase, ORGANIZATIONS, type UsageDatabase } from '../test-support/usage-database.ts';
import { randomRows } from '../test-support/usage-rows.ts';
import { createScopeUsageStore, type Scope } from './scope-usage-store.ts';
import type { Interval } from './split-interval.ts';

const START_MS = Date.UTC(2026, 1, 20);
const END_MS = Date.UTC(2026, 4, 12);

describe('what a scope has used', () => {
  let database: UsageDatabase;
  let db: UsageDatabase['db'];
  const rows = randomRows(3_000, { startMs: START_MS, endMs: END_MS, seed: 1 });
  beforeAll(async () => {
    database = await createUsageDatabase(rows);
    ({ db } = database);
  });
  afterAll(() => database.close());

  test('is the sum of its requests, for every scope and any interval', async () => {
    const scope = fc.oneof(
      fc.constantFrom(...new Set(rows.map(({ apiKeyId }) => apiKeyId))).map((id) => ({ kind: 'key', id }) as const),
      fc.constantFrom('user_1', 'user_2').map((id) => ({ kind: 'user', id }) as const),
      fc.constantFrom('proj_a', 'proj_b').map((id) => ({ kind: 'project', id }) as const),
      fc.constantFrom(...Object.keys(ORGANIZATIONS)).map((id) => ({ kind: 'organization', id }) as const),
    );
    const instant = fc.oneof(
      fc.integer({ min: START_MS, max: END_MS }),
      fc.constantFrom(...rows.map(({ createdAt }) => createdAt.getTime())),
    );
    await fc.assert(
      fc.asyncProperty(scope, instant, instant, async (scope, a, b) => {
        const interval = { startsAt: new Date(Math.min(a, b)), endsAt: new Date(Math.max(a, b)) };
        expect(await createScopeUsageStore(db).used(scope, interval)).toEqual(sumOf(rows, scope, interval));
      }),
      { numRuns: 150 },
    );
  });

  test.each([
    'UTC',
    'Europe/Berlin',
    'America/New_York',
    'America/St_Johns',
    'Asia/Kolkata',
    'Asia/Kathmandu',
    'Australia/Lord_Howe',
    'Pacific/Chatham',
  ])('is exact to the millisecond in the months of %s', async (timezone) => {
    const scope: Scope = { kind: 'project', id: `proj_${timezone}` };
    const march = monthOf(new Date(Date.UTC(2026, 2, 15)), timezone);
    const april = monthOf(march.endsAt, timezone);
    const at = (ms: number, promptTokens: number) =>
      requestRow({ projectId: scope.id, promptTokens, completionTokens: 0, costNanoUsd: promptTokens * 7, createdAt: new Date(ms) });
    const [start, border, end] = [march.startsAt.getTime(), march.endsAt.getTime(), april.endsAt.getTime()];
    await appendRequests(db, [
      at(start - 1, 1),
      at(start, 10),
      at(border - 1, 100),
      at(border, 1_000),
      at(end - 1, 10_000),
      at(end, 100_000),
    ]);
    const store = createScopeUsageStore(db);
    expect(await store.used(scope, march)).toEqual({ tokens: 110n, nanoUsd: 770n });
    expect(await store.used(scope, april)).toEqual({ tokens: 11_000n, nanoUsd: 77_000n });
  });

  test('counts a request from the statement that wrote it on, in days, hours and rows alike', async () => {
    const scope: Scope = { kind: 'project', id: 'proj_now' };
    const createdAt = new Date(Date.UTC(2026, 3, 3, 10, 20, 30));
    await appendRequests(db, [requestRow({ projectId: scope.id, promptTokens: 3, completionTokens: 4, createdAt })]);
    for (const aroundMs of [1_000, 3_600_000, 2 * 86_400_000]) {
      const interval = { startsAt: new Date(createdAt.getTime() - aroundMs), endsAt: new Date(createdAt.getTime() + aroundMs) };
      expect((await createScopeUsageStore(db).used(scope, interval)).tokens).toBe(7n);
    }
  });

  test('a scope that was never heard of has used nothing', async () => {
    const interval = { startsAt: new Date(START_MS), endsAt: new Date(END_MS) };
    expect(await createScopeUsageStore(db).used({ kind: 'key', id: 'key_none' }, interval)).toEqual({ tokens: 0n, nanoUsd: 0n });
  });
});

function sumOf(rows: readonly RequestRow[], scope: Scope, { startsAt, endsAt }: Interval) {
  const inside = rows.filter((row) => row.createdAt >= startsAt && row.createdAt < endsAt && isOf(row, scope));
  return {
    tokens: inside.reduce((sum, { promptTokens, completionTokens }) => sum + BigInt(promptTokens + completionTokens), 0n),
    nanoUsd: inside.reduce((sum, { costNanoUsd }) => sum + BigInt(costNanoUsd), 0n),
  };
}

function isOf(row: RequestRow, { kind, id }: Scope): boolean {
  if (kind === 'organization') return ORGANIZATIONS[id]?.includes(row.projectId) ?? false;
  return { key: row.apiKeyId, user: row.userId, project: row.projectId }[kind] === id;
}
