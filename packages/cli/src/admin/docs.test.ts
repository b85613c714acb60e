import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { readAdminLine } from './command-line.ts';
import { LIMIT_FLAG_NAMES } from './limit-flag.ts';
import { NOUNS } from './nouns.ts';

const PAGE = readFileSync(new URL('../../../../docs/admin.md', import.meta.url), 'utf8');
const SECTION = PAGE.split('\n## From the command line\n')[1] ?? '';
const COMMANDS = [...SECTION.matchAll(/^\.\/sluice admin (.+)$/gm)].map(([, words = '']) => words);

test.each(COMMANDS)('docs/admin.md shows a command that is understood: %s', (words) => {
  expect(readAdminLine(words.split(' '), NOUNS)).toMatchObject({ kind: 'run' });
});

test('docs/admin.md shows most of what there is, and names every limit', () => {
  expect(COMMANDS.length).toBeGreaterThan(10);
  for (const name of LIMIT_FLAG_NAMES) expect(SECTION).toContain(`\`${name}\``);
});
