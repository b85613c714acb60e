import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { z } from 'zod';
import { ADMIN_TIMEOUT_MS, startAdminShell, type AdminShell, unique } from '../../test-support/admin-shell.ts';

let shell: AdminShell;
jest.setTimeout(ADMIN_TIMEOUT_MS);

beforeAll(async () => {
  shell = await startAdminShell();
});

afterAll(() => shell.close());

describe('keys', () => {
  test('are shown once, work, rotate with an overlap and end', async () => {
    const name = unique('key');
    const options = ['--owner', 'admin@localhost', '--expires', '30d', '--limit', 'rpm=10', '--ips', '127.0.0.1', '--scopes', 'models'];
    const created = await shell.said('keys', 'create', '--project', 'Demo', '--name', name, ...options);
    const [, id = '', key = ''] =
      /^Made the key \S+ \((key_\w+)\):\n\n {2}(sk-\S+)\n\nStore it now: it is not shown again/.exec(created) ?? [];
    expect(await shell.statusOf(key)).toBe(200);
    const shown = await shell.said('keys', 'show', id);
    expect(shown).toMatch(/owner +admin@localhost\nscopes +models\n[^]*addresses +127\.0\.0\.1\nlimits +10 requests per minute\n/);
    expect(`${shown}${await shell.said('keys', 'list', '--project', 'Demo')}`).not.toContain(key);
    expect(await shell.said('keys', 'update', id, '--ips', 'any', '--expires', 'never')).toMatch(/addresses +any\n[^]*expires +never\n/);
    const rotated = await shell.said('keys', 'rotate', id, '--overlap', '24h');
    const [, newKey = ''] = /\n {2}(sk-\S+)\n[^]*The old key works until \d{4}-/.exec(rotated) ?? [];
    expect([await shell.statusOf(key), await shell.statusOf(newKey)]).toEqual([200, 200]);
    expect(await shell.said('keys', 'revoke', id, '--yes')).toContain('It does not work any more.');
    expect([await shell.statusOf(key), await shell.statusOf(newKey)]).toEqual([401, 200]);
  });

  test('tell a program everything, the plaintext too, in one object', async () => {
    const created = await shell.json('keys', 'create', '--project', 'Demo', '--name', unique('json'), '--owner', 'project', '--signed');
    expect(created).toMatchObject({ value: expect.stringMatching(/^sk-/), signing_secret: expect.any(String), owner: {} });
    const { id } = z.object({ id: z.string() }).parse(created);
    expect(await shell.json('keys', 'rotate', id)).toMatchObject({ value: expect.stringMatching(/^sk-/), rotated_from: id });
  });

  test('of service accounts end with them', async () => {
    const name = unique('bot');
    const created = await shell.said('service-accounts', 'create', '--project', 'Demo', '--name', name);
    const [, id = '', key = ''] = /\((svcacct_\w+)\)\. Its key:\n\n {2}(sk-\S+)\n/.exec(created) ?? [];
    expect(await shell.said('service-accounts', 'list', '--project', 'Demo')).toMatch(new RegExp(`^${name} +${id} `, 'm'));
    expect(await shell.statusOf(key)).toBe(200);
    expect(await shell.said('service-accounts', 'delete', id, '--project', 'Demo', '--yes')).toContain('Deleted.');
    expect(await shell.statusOf(key)).toBe(401);
  });

  test('for administration act as whoever made them, until they are revoked', async () => {
    const created = z
      .object({ id: z.string(), value: z.string() })
      .parse(await shell.json('admin-keys', 'create', '--name', unique('ci'), '--expires', '7d'));
    const env = { SLUICE_ADMIN_KEY: created.value };
    expect(await shell.sluiceWith({ env }, 'tiers', 'list')).toMatchObject({ code: 0 });
    expect(await shell.said('admin-keys', 'list')).toMatch(new RegExp(`${created.id} .* Administrator +\\d{4}-`));
    await shell.said('admin-keys', 'revoke', created.id, '--yes');
    expect(await shell.sluiceWith({ env }, 'tiers', 'list')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/Incorrect API key provided[^]*\nThe admin key came from SLUICE_ADMIN_KEY\.\n$/),
    });
  });
});
