import { expect, test } from '@jest/globals';
import { adminHelp, nounHelp, verbHelp } from './help-text.ts';
import { NOUNS } from './nouns.ts';

const VERBS = Object.entries(NOUNS).flatMap(([noun, { verbs }]) => Object.entries(verbs).map(([verb, table]) => ({ noun, verb, table })));
const WIDTH = 110;

test('the first page names every noun and every verb', () => {
  const text = adminHelp(NOUNS);
  for (const [name, { about, verbs }] of Object.entries(NOUNS)) {
    expect(text).toMatch(new RegExp(`^ {2}${name} +${about.replaceAll('?', String.raw`\?`)}$`, 'm'));
    expect(text).toContain(Object.keys(verbs).join(', '));
  }
});

test.each(VERBS)('the help of "$noun $verb" names every word and option it takes, in lines that fit', ({ noun, verb, table }) => {
  const text = verbHelp(NOUNS, { noun, verb });
  for (const name of Object.keys(table.args)) expect(text).toContain(`  ${name.toUpperCase()} `);
  for (const name of [...Object.keys(table.flags), 'json', 'url', 'key-file', 'help']) expect(text).toContain(`  --${name} `);
  expect(text.includes('  --yes ')).toBe(table.warning !== undefined);
  expect(text.split('\n').filter((line) => line.length > WIDTH)).toEqual([]);
});

test('the help of a noun names its verbs with their words', () => {
  expect(nounHelp(NOUNS, 'keys')).toMatch(/^ {2}rotate KEY +make a new key/m);
  expect(nounHelp(NOUNS, 'usage')).toBe(verbHelp(NOUNS, { noun: 'usage', verb: '' }));
});
