import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { chatCompletionSchema } from './chat-completions/schema.ts';
import { completionSchema } from './completions/schema.ts';

const PAGE = readFileSync(new URL('../../../../docs/requests.md', import.meta.url), 'utf8');
const ROWS = (/^## Parameters\n[\s\S]*?(?=^### )/m.exec(PAGE)?.[0] ?? '').split('\n').filter((line) => line.startsWith('| `'));

/** The names in the first column of the rows that say anything of an endpoint. */
function documented(column: number): string[] {
  const rows = ROWS.map((row) => row.split('|').map((cell) => cell.trim())).filter((cells) => cells[column] !== '–');
  return rows.flatMap((cells) => [...(cells[1] ?? '').matchAll(/`([a-z_]+)/g)].map(([, name]) => name ?? ''));
}

test.each([
  ['/v1/chat/completions', chatCompletionSchema.shape, 2],
  ['/v1/completions', completionSchema.shape, 3],
])('the table in docs/requests.md has every parameter of %s, and no other', (_path, shape, column) => {
  expect([...new Set(documented(column))].sort()).toEqual(Object.keys(shape).sort());
});
