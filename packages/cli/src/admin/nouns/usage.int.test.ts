import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { appendRequests, type RequestRow } from '@sluice/prisma/append-requests';
import { requestRow } from '@sluice/testing/request-row';
import { z } from 'zod';
import { ADMIN_TIMEOUT_MS, startAdminShell, type AdminShell, unique } from '../../test-support/admin-shell.ts';

let shell: AdminShell;
jest.setTimeout(ADMIN_TIMEOUT_MS);

beforeAll(async () => {
  shell = await startAdminShell();
});

afterAll(() => shell.close());

describe('what was used', () => {
  test('is told by day and by model, key, project or user, with totals', async () => {
    const { project, key } = await withHistory();
    const days = ['--project', project, '--from', '2026-03-01', '--to', '2026-03-04'];
    expect(await shell.said('usage', ...days)).toBe(
      [
        '2026-03-01 00:00Z to 2026-03-04 00:00Z',
        '',
        'WHEN        REQUESTS  INPUT  CACHED  OUTPUT',
        '2026-03-01         1  1,000     200      50  █████▍',
        '2026-03-02         0      0       0       0',
        '2026-03-03         2  3,000     400     150  ████████████████',
        '──────────  ────────  ─────  ──────  ──────',
        'total              3  4,000     600     200',
        '',
      ].join('\n'),
    );
    expect(await shell.said('usage', ...days, '--by', 'model')).toMatch(
      /^MODEL +REQUESTS .*\nsmall +2 +2,000 .*\nlarge +1 +2,000 .*\n─+ .*\ntotal +3 /m,
    );
    expect(await shell.said('usage', ...days, '--by', 'model', '--bucket', '1h')).toMatch(/^2026-03-03 05:00Z +large +1 /m);
    expect(await shell.said('usage', ...days, '--by', 'key')).toMatch(new RegExp(`^${key} +3 `, 'm'));
    expect(await shell.said('usage', ...days, '--by', 'project')).toMatch(new RegExp(`^${project} +3 `, 'm'));
    expect(await shell.said('usage', ...days, '--by', 'user')).toMatch(/^– +3 /m);
    expect(await shell.said('costs', ...days, '--by', 'model')).toMatch(
      /^MODEL +COST\nlarge +\$2\.00 .*\nsmall +\$0\.00002 .*\n─+ +─+\ntotal +\$2\.00$/m,
    );
    expect(await shell.json('usage', ...days)).toMatchObject({
      object: 'page',
      data: [{ results: [{ input_tokens: 1_000 }] }, {}, {}],
      has_more: false,
    });
  });

  test('is told request by request, in parts', async () => {
    const { project } = await withHistory();
    const first = await shell.said('requests', '--project', project, '--rows', '2');
    const more = /There is more: SLUICE_HOME=\S+ \.\/sluice admin (requests .* --page \S+)\n$/.exec(first)?.[1] ?? '';
    expect(first).toMatch(/^2026-03-03 05:10Z +\S+ +chat\.completions +large +completed 200 +2,000 +100 +\$2\.00 +85 ms +1200 ms$/m);
    expect(await shell.said(...more.split(' '))).toMatch(/^2026-03-01 /m);
    expect(await shell.said('requests', '--project', project, '--outcome', 'refused')).toBe('There were no such requests.\n');
  });
});

/** A project with a key that made three requests in March 2026. */
async function withHistory(): Promise<{ project: string; key: string }> {
  const [project, key] = [unique('used'), unique('key')];
  const { id: projectId } = z.object({ id: z.string() }).parse(await shell.json('projects', 'create', '--name', project));
  const created = await shell.json('keys', 'create', '--project', project, '--name', key, '--owner', 'project');
  const { id: apiKeyId } = z.object({ id: z.string() }).parse(created);
  const row = (day: string, change: Partial<RequestRow>): RequestRow =>
    requestRow({ ...ROW, projectId, apiKeyId, createdAt: new Date(day), ...change });
  await appendRequests(shell.db, [
    row('2026-03-01T23:59:59Z', {}),
    row('2026-03-03T04:00:00Z', { cachedTokens: 0 }),
    row('2026-03-03T05:10:00Z', {
      model: 'large',
      promptTokens: 2_000,
      cachedTokens: 400,
      completionTokens: 100,
      costNanoUsd: 2_000_000_000,
    }),
  ]);
  return { project, key };
}

const ROW: Partial<RequestRow> = {
  model: 'small',
  promptTokens: 1_000,
  cachedTokens: 200,
  completionTokens: 50,
  costNanoUsd: 10_000,
  ttftMs: 85,
  durationMs: 1_200,
};
