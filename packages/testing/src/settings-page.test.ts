import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const ROOT = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

test.each([
  ['The stack', 'packages/cli/src/config.ts'],
  ['The gateway', 'services/gateway/src/config.ts'],
  ['The jobs', 'services/jobs/src/config.ts'],
  ['The runtime', 'services/runtime/src/config.ts'],
  ['The seed', 'prisma/src/config.ts'],
])('docs/settings.md names every variable of its configuration, and no other: %s', (title, path) => {
  const section = read('docs/settings.md')
    .split('\n## ')
    .find((text) => text.startsWith(title));
  const documented = new Set(
    [...(section ?? '').matchAll(/^\| (`[^|]+) \|/gm)].flatMap((row) =>
      [...(row[1] ?? '').matchAll(/`([A-Z_]+)`/g)].map((match) => match[1]),
    ),
  );
  const declared = new Set([...read(path).matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map((match) => match[1]));
  expect(documented).toEqual(declared);
  expect(declared.size).toBeGreaterThan(0);
});
