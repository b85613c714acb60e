import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { writeJsonFile } from './json-file.ts';
import { acquireLock, lockHolder } from './lock.ts';
import { identifyProcess } from './process-identity.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-lock-'));
  path = join(folder, 'lock');
});

afterEach(() => rmSync(folder, { recursive: true }));

test('a held lock names its holder and is not given twice', () => {
  const first = acquireLock(path);
  expect(first.kind).toBe('held');
  expect(acquireLock(path)).toEqual({ kind: 'taken', holder: identifyProcess(process.pid) });
});

test('a released lock can be taken again', () => {
  for (let i = 0; i < 2; i++) {
    const result = acquireLock(path);
    if (result.kind !== 'held') throw new Error('the lock was not released');
    result.lock.release();
    expect(lockHolder(path)).toBeUndefined();
  }
});

test('the lock of a process that died does not count', () => {
  writeJsonFile(path, { pid: 2 ** 22 - 1, startedAt: '1' });
  expect(acquireLock(path).kind).toBe('held');
});

test('the lock of a process whose number went to another does not count', () => {
  writeJsonFile(path, { pid: process.pid, startedAt: '1' });
  expect(acquireLock(path).kind).toBe('held');
});

test('of many processes that find a stale lock, one gets it', async () => {
  writeJsonFile(path, { pid: 2 ** 22 - 1, startedAt: '1' });
  const module = join(import.meta.dirname, 'lock.ts');
  // Each waits a moment before it ends, so that the winner's lock stays held while the others try.
  const script = `const { acquireLock } = await import(${JSON.stringify(module)}); console.log(acquireLock(${JSON.stringify(path)}).kind); setTimeout(() => {}, 1500);`;
  const runs = Array.from({ length: 6 }, () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]));
  const kinds = (await Promise.all(runs)).map(({ stdout }) => stdout.trim());
  expect(kinds.toSorted((a, b) => a.localeCompare(b))).toEqual(['held', ...Array.from({ length: 5 }, () => 'taken')]);
  expect(readdirSync(folder)).toEqual(['lock']);
});
