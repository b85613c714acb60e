import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { z } from 'zod';
import { ADMIN_TIMEOUT_MS, startAdminShell, type AdminShell, unique } from '../../test-support/admin-shell.ts';

const MODEL = 'scripted';
let shell: AdminShell;
jest.setTimeout(ADMIN_TIMEOUT_MS);

beforeAll(async () => {
  shell = await startAdminShell();
});

afterAll(() => shell.close());

describe('projects', () => {
  test('are made, shown, changed, listed in parts and archived', async () => {
    const name = unique('shop');
    expect(await shell.said('projects', 'create', '--name', name, '--tier', 'pro', '--limit', 'rpm=30', '--store-content', 'on')).toMatch(
      /^Made the project shop-\w+ \(proj_\w+\)\.\n\n[^]*limits +30 requests per minute\ncontent +prompts and answers are kept\n/,
    );
    const changed = await shell.said(
      'projects',
      'update',
      name,
      '--limit',
      'rpm=none',
      '--limit',
      'usd-per-month=12.50',
      '--models',
      MODEL,
    );
    expect(changed).toMatch(/models +scripted\nlimits +\$12\.50 per month\n/);
    expect(await shell.said('projects', 'show', name)).toBe(changed);
    const firstPage = await shell.said('projects', 'list', '--rows', '1');
    const more = /There is more: SLUICE_HOME=\S+ \.\/sluice admin (projects list --rows 1 --after proj_\w+)\n$/.exec(firstPage)?.[1] ?? '';
    expect(firstPage).toMatch(
      /^NAME +ID +TIER +STATUS +CREATED +MODELS\nDemo +proj_\w+ +enterprise +active +\d{4}-\d\d-\d\d \d\d:\d\dZ +any\n/,
    );
    expect(await shell.said(...more.split(' '))).not.toContain('Demo');
    expect(await shell.said('projects', 'archive', name, '--yes')).toContain('Archived');
    expect(await shell.said('projects', 'list', '--rows', '100')).not.toContain(name);
    expect(await shell.said('projects', 'list', '--rows', '100', '--archived')).toMatch(new RegExp(`^${name} .* archived `, 'm'));
  });

  test('can be had as the API writes them', async () => {
    const name = unique('json');
    const created = z
      .object({ id: z.string(), object: z.literal('organization.project') })
      .parse(await shell.json('projects', 'create', '--name', name));
    expect(await shell.json('projects', 'update', name, '--name', `${name}-2`)).toMatchObject({ id: created.id, name: `${name}-2` });
    expect(await shell.json('projects', 'list')).toMatchObject({ object: 'list', data: expect.any(Array), has_more: false });
  });

  test('that were made with settings that are refused are said to be there', async () => {
    const name = unique('half');
    const { code, stdout, stderr } = await shell.sluice('projects', 'create', '--name', name, '--limit', 'rpm=999999');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^The project half-\w+ \(proj_\w+\) was made, but its settings were refused: .*requests_per_minute.*looser than the tier/,
    );
  });
});
