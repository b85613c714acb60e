import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { refusalOfPassword } from '@sluice/platform/password-rules';
import { homeAt, type Home } from './home.ts';
import { loadSecrets } from './secrets.ts';

let home: Home;

beforeEach(() => {
  home = homeAt(mkdtempSync(join(tmpdir(), 'sluice-secrets-')));
});

afterEach(() => rmSync(home.root, { recursive: true }));

test('secrets are made once and kept', () => {
  const secrets = loadSecrets(home);
  expect(loadSecrets(home)).toEqual(secrets);
  expect(refusalOfPassword(secrets.adminPassword)).toBeUndefined();
});

test('a file of an earlier version keeps its secrets and gets what it lacks', () => {
  const { adminPassword: _, ...earlier } = loadSecrets(home);
  writeFileSync(home.secretsFile, JSON.stringify(earlier));
  const secrets = loadSecrets(home);
  expect(secrets).toEqual({ ...earlier, adminPassword: expect.stringMatching(/^[\w-]{24}$/) });
  expect(loadSecrets(home)).toEqual(secrets);
});

test('a damaged file is not overwritten', () => {
  writeFileSync(home.secretsFile, '{"keyPepper":');
  expect(() => loadSecrets(home)).toThrow('cannot be read');
  expect(readFileSync(home.secretsFile, 'utf8')).toBe('{"keyPepper":');
});
