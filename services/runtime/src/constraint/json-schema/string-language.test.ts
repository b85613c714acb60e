import { describe, test } from '@jest/globals';
import { checkSchemaExample, type SchemaExample } from '../../test-support/schema-example.ts';

const EXAMPLES: readonly SchemaExample[] = [
  {
    name: 'string lengths',
    schema: { type: 'string', minLength: 2, maxLength: 3 },
    yes: ['ab', 'a\n"', '🦊🦊', '\u0001\\x'],
    no: ['a', '', 'abcd', '🦊'],
  },
  {
    name: 'long strings',
    schema: { type: 'string', minLength: 1500, maxLength: 3200 },
    yes: ['x'.repeat(1500), 'y'.repeat(2000), 'z'.repeat(3200)],
    no: ['x'.repeat(1499), 'x'.repeat(3201)],
  },
  { name: 'a pattern anywhere', schema: { type: 'string', pattern: 'b+c' }, yes: ['bc', 'abbbcd', '"bc"'], no: ['b', 'ac', ''] },
  {
    name: 'an anchored pattern',
    schema: { type: 'string', pattern: '^[A-Z]{2}-\\d{3,4}$' },
    yes: ['AB-123', 'ZZ-0000'],
    no: ['A-123', 'AB-12', 'AB-12345', ' AB-123'],
  },
  {
    name: 'a pattern with a length',
    schema: { type: 'string', pattern: '^[a-z]+$', minLength: 2, maxLength: 4 },
    yes: ['ab', 'abcd'],
    no: ['a', 'abcde', 'AB'],
  },
  {
    name: 'two patterns',
    schema: { allOf: [{ type: 'string', pattern: 'a' }, { pattern: 'b' }] },
    yes: ['ab', 'ba', 'xbya'],
    no: ['a', 'b', ''],
  },
  {
    name: 'a pattern of quotes and controls',
    schema: { type: 'string', pattern: '^["\\\\\\n\\t\\x01]+$' },
    yes: ['"', '\\', '\n\t', '\u0001'],
    no: ['a', ''],
  },
  {
    name: 'a bound that another one makes superfluous',
    schema: { type: 'string', maxLength: 65_535, allOf: [{ maxLength: 3 }] },
    yes: ['abc'],
    no: ['abcd'],
  },
];

describe('a schema of strings made a grammar', () => {
  test.each(EXAMPLES)('$name: takes what fulfils it, and nothing else', checkSchemaExample);
});
