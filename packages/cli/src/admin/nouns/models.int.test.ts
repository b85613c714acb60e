import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { ADMIN_TIMEOUT_MS, startAdminShell, type AdminShell } from '../../test-support/admin-shell.ts';

const MODEL = 'scripted';
let shell: AdminShell;
jest.setTimeout(ADMIN_TIMEOUT_MS);

beforeAll(async () => {
  shell = await startAdminShell();
});
afterAll(() => shell.close());

const cells = (table: string): string[][] => table.split('\n').map((line) => line.split(/ {2,}/));

describe('models', () => {
  test('are listed with how they are on each worker, as a table and for programs', async () => {
    const [head, row, ...rest] = cells(await shell.said('models', 'list'));
    expect(head).toEqual(['MODEL', 'WORKER', 'STATE', 'SLOTS', 'WAITING', 'MEMORY', 'DEVICE']);
    expect(row).toEqual([MODEL, expect.stringMatching(/:\d+$/), 'ready', '0 of 8', '0', '0 B', '0 B']);
    expect(rest).toEqual([['']]);
    expect(await shell.json('models', 'list')).toMatchObject({ object: 'list', data: [{ id: MODEL, workers: [{ state: 'ready' }] }] });
  });

  test('are unloaded and loaded, which is waited for', async () => {
    expect(await shell.said('models', 'unload', MODEL, '--drain', '0', '--yes')).toBe(`${MODEL} is unloaded on one worker.\n`);
    expect(cells(await shell.said('models', 'list'))[1]).toContain('unloaded');
    expect(await shell.said('models', 'load', MODEL)).toBe(`${MODEL} is ready on one worker.\n`);
    expect(await shell.json('models', 'load', MODEL)).toMatchObject({ id: MODEL, workers: [{ state: 'ready' }] });
  });

  test('are pinned and unpinned', async () => {
    expect(await shell.said('models', 'pin', MODEL)).toBe(`${MODEL} is pinned on one worker.\n`);
    expect(cells(await shell.said('models', 'list'))[1]).toContain('ready, pinned');
    expect(await shell.said('models', 'unpin', MODEL)).toBe(`${MODEL} is no longer pinned on one worker.\n`);
  });

  test('that are not there are refused with the reason', async () => {
    expect(await shell.sluice('models', 'load', 'none')).toMatchObject({ code: 1, stderr: expect.stringContaining('does not exist') });
    expect(await shell.sluice('models', 'load', MODEL, '--worker', 'w:1')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("no worker 'w:1'"),
    });
  });
});

describe('workers', () => {
  test('are listed with their models', async () => {
    const [head, row] = cells(await shell.said('workers', 'list'));
    expect(head).toEqual(['WORKER', 'STATE', 'BACKEND', 'UP', 'RESTARTS', 'MODELS']);
    expect(row).toEqual([expect.stringMatching(/:\d+$/), 'ready', 'cpu', '0 s', '0', `${MODEL} ready`]);
    expect(await shell.json('workers', 'list')).toMatchObject({ data: [{ object: 'sluice.worker', restarts: 0 }] });
  });
});
