import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const planted: string[] = [];

afterAll(() => {
  for (const path of planted) rmSync(path, { force: true });
});

/** One violation of each boundary, where it would be written by mistake. */
const VIOLATIONS = [
  ['services/gateway/src/planted-redis.ts', "import { Redis } from 'ioredis';\nexport const redis = Redis;\n", 'no-restricted-imports'],
  [
    'services/gateway/src/planted-connection.ts',
    "import { createRedis } from '@sluice/platform/redis-client';\nexport const connect = createRedis;\n",
    'no-restricted-imports',
  ],
  [
    'services/gateway/src/planted-sql.ts',
    "import { Prisma } from '@sluice/prisma/generated/client';\nexport const one = Prisma.sql`SELECT 1`;\n",
    'no-restricted-imports',
  ],
  [
    'services/gateway/src/admin/planted-change.ts',
    "import type { Change } from './change-store.ts';\nexport const end = ({ tx }: Change): unknown => tx.apiKey.deleteMany();\n",
    'no-restricted-imports',
  ],
  [
    'services/runtime/src/planted-llama.ts',
    "import { getLlama } from 'node-llama-cpp';\nexport const open = getLlama;\n",
    'no-restricted-imports',
  ],
  [
    'services/gateway/src/planted-service.ts',
    "import { Scheduler } from '@sluice/runtime/scheduler/scheduler';\nexport const S = Scheduler;\n",
    'no-restricted-imports',
  ],
  [
    'packages/platform/src/planted-upward.ts',
    "import { Scheduler } from '@sluice/runtime/scheduler/scheduler';\nexport const S = Scheduler;\n",
    'no-restricted-imports',
  ],
  ['services/gateway/src/planted-env.ts', "export const home = process.env['HOME'];\n", 'no-process-env'],
  ['services/gateway/src/planted-barrel.ts', "export * from './config.ts';\n", 'no-barrel-file'],
  ['services/gateway/src/planted-extension.ts', "import { readConfig } from './config';\nexport const read = readConfig;\n", 'extensions'],
  ['services/gateway/src/planted-any.ts', 'export const loose = (value: any): string => String(value);\n', 'no-explicit-any'],
  [
    'services/gateway/src/planted-floating.ts',
    'export function start(): void {\n  Promise.reject(new Error("lost"));\n}\n',
    'no-floating-promises',
  ],
  [
    'services/gateway/src/planted-unsafe-store.ts',
    "import type { Database } from '@sluice/prisma/client';\nexport const find = (db: Database, id: string): unknown => db.$queryRawUnsafe(id);\n",
    'no-restricted-properties',
  ],
  [
    'prisma/src/planted-raw.ts',
    "import { Prisma } from './generated/client.ts';\nexport const order = (name: string): Prisma.Sql => Prisma.raw(name);\n",
    'no-restricted-properties',
  ],
  ['services/gateway/src/planted-default.ts', 'export default 1;\n', 'no-default-export'],
] as const;

test('the lint gate is alive: every boundary refuses a planted violation', () => {
  for (const [path, source] of VIOLATIONS) plant(path, source);
  plant('services/gateway/src/planted-cycle-a.ts', "import { b } from './planted-cycle-b.ts';\nexport const a = (): number => b();\n");
  plant('services/gateway/src/planted-cycle-b.ts', "import { a } from './planted-cycle-a.ts';\nexport const b = (): number => a();\n");
  const report = lint(planted);
  const expected = [...VIOLATIONS.map(([path, , rule]) => `${path}: ${rule}`), 'services/gateway/src/planted-cycle-a.ts: no-cycle'];
  expect(expected.filter((line) => !report.has(line))).toEqual([]);
});

function plant(path: string, source: string): void {
  const absolute = join(ROOT, path);
  mkdirSync(dirname(absolute), { recursive: true });
  planted.push(absolute);
  writeFileSync(absolute, source);
}

/** `path: rule` of every finding. */
function lint(paths: readonly string[]): Set<string> {
  const output = runLint(paths);
  const { diagnostics }: { diagnostics: { code: string; filename: string }[] } = JSON.parse(output);
  return new Set(diagnostics.map(({ code, filename }) => `${filename}: ${/\(([^)]+)\)/.exec(code)?.[1] ?? code}`));
}

/** Exits with 1 when it finds something, which it must here. */
function runLint(paths: readonly string[]): string {
  const oxlint = join(ROOT, 'node_modules/oxlint/bin/oxlint');
  return spawnSync(process.execPath, [oxlint, '--type-aware', '--format', 'json', ...paths], { cwd: ROOT, encoding: 'utf8' }).stdout;
}
