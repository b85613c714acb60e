import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';

const ROOT = new URL('../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

const EXACT = /^\d+\.\d+\.\d+(-[\w.-]+)?$/;
const names = z.record(z.string(), z.string()).default({});
const manifest = z.object({ dependencies: names, devDependencies: names, peerDependencies: names, optionalDependencies: names });
const workspace = z.object({ packages: z.array(z.string()), catalog: z.record(z.string(), z.string()) });
const locked = z.object({
  catalogs: z.object({ default: z.record(z.string(), z.object({ specifier: z.string(), version: z.string() })) }),
  importers: z.record(z.string(), z.unknown()),
});

const { catalog } = workspace.parse(parse(read('pnpm-workspace.yaml')));
const lock = locked.parse(parse(read('pnpm-lock.yaml')));

test('every dependency of every package is of this repository or from the catalog', () => {
  const packages = Object.keys(lock.importers);
  expect(packages).toEqual(expect.arrayContaining(['.', 'services/gateway', 'services/runtime', 'services/jobs']));
  const others = packages.flatMap((path) => {
    const groups = Object.values(manifest.parse(JSON.parse(read(`${path}/package.json`))));
    return groups.flatMap(Object.entries).filter(([, version]) => version !== 'catalog:' && version !== 'workspace:*');
  });
  expect(others).toEqual([]);
});

test('the catalog names exact versions, and the lock file has those', () => {
  for (const [name, version] of Object.entries(catalog)) {
    expect({ name, version, isExact: EXACT.test(version) }).toEqual({ name, version, isExact: true });
    expect({ name, locked: lock.catalogs.default[name] }).toEqual({ name, locked: { specifier: version, version } });
  }
});
