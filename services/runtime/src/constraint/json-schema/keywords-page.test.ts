import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { isKnownFormat } from './formats.ts';
import { ANNOTATIONS, REFUSED, TAKEN } from './keywords.ts';

const page = readFileSync(new URL('../../../../../docs/requests.md', import.meta.url), 'utf8');
const section = page.slice(page.indexOf('\n## Constrained output\n'), page.indexOf('\n## Waiting\n'));
/** The rows of the table of keywords, with what is in back ticks in each. */
const rows = section
  .slice(section.indexOf('| keywords |'))
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => ({ line, names: [...line.matchAll(/`([^`]+)`/g)].flatMap((match) => match[1] ?? []) }));

/** What stands in the first cell. */
const keywordsOf = (line: string): string[] =>
  [...(line.split('|')[1] ?? '').matchAll(/`([$a-zA-Z]+)`/g)].flatMap((match) => match[1] ?? []);

describe('the page about constrained output', () => {
  const refused = rows.find(({ line }) => line.includes('refused, like'));
  const annotations = rows.find(({ line }) => line.includes('change nothing'));

  test('names every keyword that is held', () => {
    const named = rows.filter((row) => row !== refused && row !== annotations).flatMap(({ line }) => keywordsOf(line));
    expect(new Set(named)).toEqual(new Set(TAKEN));
  });

  test('names every keyword that changes nothing', () => {
    expect(new Set(keywordsOf(annotations?.line ?? ''))).toEqual(new Set(ANNOTATIONS));
  });

  test('names every keyword that is refused', () => {
    const named = new Set(keywordsOf(refused?.line ?? ''));
    expect(named).toEqual(new Set([...REFUSED, 'uniqueItems', 'false']));
  });

  test('names every format that is known, and no other', () => {
    const formats =
      rows
        .find(({ line }) => line.startsWith('| `format`'))
        ?.names.slice(1)
        .filter((name) => /^[a-z]/.test(name)) ?? [];
    expect(formats).toHaveLength(14);
    expect(formats.filter((format) => !isKnownFormat(format))).toEqual([]);
  });
});
