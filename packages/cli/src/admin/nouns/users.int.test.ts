import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { ADMIN_TIMEOUT_MS, startAdminShell, type AdminShell, unique } from '../../test-support/admin-shell.ts';

const PASSWORD = 'correct horse battery';
let shell: AdminShell;
jest.setTimeout(ADMIN_TIMEOUT_MS);

beforeAll(async () => {
  shell = await startAdminShell();
});

afterAll(() => shell.close());

describe('users', () => {
  test('are added with a password from stdin, and get roles, limits and locks', async () => {
    const email = `${unique('eve')}@example.com`;
    const added = await shell.sluiceWith(
      { input: `${PASSWORD}\n` },
      'users',
      'create',
      '--email',
      email,
      '--name',
      'Eve',
      '--password-stdin',
    );
    expect(added).toMatchObject({ code: 0, stdout: expect.stringContaining(`Added ${email} as member`) });
    expect(await shell.logIn(email, PASSWORD)).toBe(200);
    const other = `${PASSWORD} staple`;
    await shell.sluiceWith({ input: other }, 'users', 'set-password', email, '--password-stdin');
    expect([await shell.logIn(email, PASSWORD), await shell.logIn(email, other)]).toEqual([401, 200]);
    expect(await shell.said('users', 'set-role', email, '--role', 'viewer')).toBe(`${email} is viewer now.\n`);
    expect(await shell.said('users', 'update', email, '--limit', 'tpm=2k', '--name', 'Eve B')).toMatch(
      /name +Eve B\n[^]*limits +2,000 tokens per minute\n/,
    );
    await shell.said('users', 'disable', email.toUpperCase(), '--yes');
    expect(await shell.said('users', 'show', email)).toMatch(/\ndisabled +\d{4}-/);
    await shell.said('users', 'enable', email);
    expect(await shell.said('users', 'list', '--rows', '100')).toMatch(new RegExp(`^${email} +Eve B +viewer +active `, 'm'));
  });

  test('belong to projects, as something', async () => {
    const email = `${unique('pat')}@example.com`;
    await shell.said('users', 'create', '--email', email, '--name', 'Pat', '--without-password');
    const at = [email, '--project', 'Demo'];
    expect(await shell.said('members', 'add', ...at, '--role', 'viewer')).toBe(`Added ${email} as viewer.\n`);
    expect(await shell.said('members', 'set-role', ...at, '--role', 'admin')).toBe(`${email} is admin of the project now.\n`);
    expect(await shell.said('members', 'list', '--project', 'Demo')).toMatch(new RegExp(`^${email} +Pat +admin `, 'm'));
    expect(await shell.json('members', 'remove', ...at, '--yes')).toMatchObject({ deleted: true });
    expect(await shell.said('members', 'list', '--project', 'Demo')).not.toContain(email);
  });
});
