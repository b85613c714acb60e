import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { ADMIN_TIMEOUT_MS, startAdminShell, type AdminShell } from '../../test-support/admin-shell.ts';

const MODEL = 'scripted';
const BYTES = 1_234_567;
let shell: AdminShell;
let folder: string;
let file: string;
jest.setTimeout(ADMIN_TIMEOUT_MS);

beforeAll(async () => {
  shell = await startAdminShell();
  folder = mkdtempSync(join(tmpdir(), 'sluice-adapters-'));
  file = join(folder, 'law.gguf');
  writeFileSync(file, Buffer.alloc(BYTES, 'weights'));
});

afterAll(async () => {
  await shell.close();
  rmSync(folder, { recursive: true });
});

describe('adapters', () => {
  test('are uploaded and removed, and every change is in the audit log', async () => {
    expect(await shell.said('adapters', 'add', MODEL, 'law', file)).toBe(`${MODEL}:law is on one worker, 1.2 MB.\n`);
    expect(await shell.json('adapters', 'add', MODEL, 'law', file)).toMatchObject({ object: 'sluice.adapter.uploaded', size_bytes: BYTES });
    expect((await shell.db.auditLog.findMany({ where: { targetId: `${MODEL}:law` } })).map(({ type }) => type)).toEqual([
      'adapter.uploaded',
      'adapter.uploaded',
    ]);
  });

  test('are listed, as a table and for programs', async () => {
    const table = await shell.said('adapters', 'list');
    expect(table.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['MODEL', 'ADAPTER', 'SIZE', 'WORKERS', 'LOADED', 'RUNNING'],
      [MODEL, 'poem', '–', '1 of 1', '0', '0'],
      [''],
    ]);
    expect(await shell.said('adapters', 'list', '--model', 'none')).toBe('There are no adapters.\n');
    expect(await shell.json('adapters', 'list', '--model', 'none')).toMatchObject({ object: 'list', data: [] });
  });

  test('that a worker has are removed', async () => {
    expect(await shell.said('adapters', 'remove', MODEL, 'poem', '--yes')).toBe(`Removed ${MODEL}:poem.\n`);
  });

  test('that cannot be read or stored are refused with the reason', async () => {
    expect(await shell.sluice('adapters', 'add', MODEL, 'law', join(folder, 'none'))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('cannot be read'),
    });
    expect(await shell.sluice('adapters', 'add', MODEL, 'a:b', file)).toMatchObject({ code: 1, stderr: expect.stringContaining("'name'") });
    expect(await shell.sluice('adapters', 'add', 'other', 'law', file)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('does not exist'),
    });
    expect(await shell.sluice('adapters', 'remove', MODEL, 'none', '--yes')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('No worker has the adapter'),
    });
  });
});
