import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { ADMIN_TIMEOUT_MS, startAdminShell, type AdminShell, unique } from '../../test-support/admin-shell.ts';

let shell: AdminShell;
jest.setTimeout(ADMIN_TIMEOUT_MS);

beforeAll(async () => {
  shell = await startAdminShell();
});

afterAll(() => shell.close());

describe('the audit log', () => {
  test('tells who changed what, from what to what', async () => {
    const project = unique('audited');
    await shell.said('projects', 'create', '--name', project);
    await shell.said('projects', 'update', project, '--tier', 'pro');
    const text = await shell.said('audit', '--project', project, '--actor', 'admin@localhost', '--since', '1h');
    expect(text).toMatch(
      /^WHEN +WHO +WHAT +PROJECT +TARGET +CHANGE\n.* admin@localhost +project\.updated +audited-\S+ +proj_\w+ +tier_id: free → pro\n.* project\.created /,
    );
    expect(await shell.json('audit', '--project', project, '--type', 'project.created')).toMatchObject({
      data: [{ type: 'project.created', sluice: { user_agent: 'sluice-cli', before: null, after: { name: project } } }],
    });
    expect(await shell.said('audit', '--project', project, '--until', '2020-01-01')).toBe('Nothing of the kind has happened.\n');
  });
});
