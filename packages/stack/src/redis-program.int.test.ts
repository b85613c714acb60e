import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { findRedisProgram } from './redis-program.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-path-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

test.each(['redis-server', 'valkey-server'])('finds %s on PATH', async (name) => {
  writeFileSync(join(folder, name), '#!/bin/sh\n');
  chmodSync(join(folder, name), 0o755);
  expect(await findRedisProgram({ env: { PATH: folder }, mayInstall: false, extraFolders: [] })).toBe(join(folder, name));
});

test('passes over a file that cannot be run', async () => {
  writeFileSync(join(folder, 'redis-server'), '', { mode: 0o644 });
  await expect(findRedisProgram({ env: { PATH: folder }, mayInstall: false, extraFolders: [] })).rejects.toThrow('No Redis was found');
});

test('names every way to get one when there is none and none may be installed', async () => {
  const search = findRedisProgram({ env: { PATH: folder }, mayInstall: false, extraFolders: [] });
  await expect(search).rejects.toThrow(/REDIS_URL[^]*on PATH[^]*as root/);
});
