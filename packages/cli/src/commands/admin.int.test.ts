import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { ADMIN_TIMEOUT_MS, startAdminShell, type AdminShell, unique } from '../test-support/admin-shell.ts';

let shell: AdminShell;
jest.setTimeout(ADMIN_TIMEOUT_MS);

beforeAll(async () => {
  shell = await startAdminShell();
});

afterAll(() => shell.close());

describe('what is not done', () => {
  test('a wrong command line ends with 2, before anything is asked', async () => {
    const nowhere = { env: { SLUICE_URL: 'http://127.0.0.1:1', SLUICE_ADMIN_KEY: 'sk-admin-none' } };
    const { code, stdout, stderr } = await shell.sluiceWith(
      nowhere,
      'keys',
      'create',
      '--project',
      'Demo',
      '--name',
      'n',
      '--limit',
      'speed=1',
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^--limit takes NAME=NUMBER [^]*See \.\/sluice admin keys create --help\.\n$/);
  });

  test('nothing that cannot be undone is done where nobody can be asked', async () => {
    const project = unique('kept');
    await shell.said('projects', 'create', '--name', project);
    expect(await shell.sluice('projects', 'archive', project)).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
    expect(await shell.json('projects', 'show', project)).toMatchObject({ status: 'active' });
  });

  test('a refusal ends with 1, and says why', async () => {
    expect(await shell.sluice('projects', 'show', 'no such project')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'There is no project "no such project". ./sluice admin projects list shows what there is.\n',
    });
    expect(await shell.sluiceWith({ env: { SLUICE_ADMIN_KEY: 'sk-admin-nobody' } }, 'tiers', 'list')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^Incorrect API key provided[^]*came from SLUICE_ADMIN_KEY\.\n$/),
    });
  });

  test('a password that would be guessed is not stored, nor repeated', async () => {
    const { code, stderr } = await shell.sluiceWith({ input: 'hunter2' }, 'users', 'set-password', 'admin@localhost', '--password-stdin');
    expect({ code, stderr }).toEqual({ code: 2, stderr: 'The password must have at least 12 characters.\n' });
  });

  test('help needs neither a gateway nor a key', async () => {
    const nothing = { env: { SLUICE_URL: '', SLUICE_ADMIN_KEY: '' } };
    expect(await shell.sluiceWith(nothing)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ {2}projects +/m) });
    expect(await shell.sluiceWith(nothing, 'keys')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ {2}rotate KEY +/m) });
    expect(await shell.sluiceWith(nothing, 'tiers', 'list')).toMatchObject({ code: 2, stderr: expect.stringContaining('SLUICE_URL') });
  });
});
