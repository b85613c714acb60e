import { describe, expect, test } from '@jest/globals';
import { createValidator } from '../../test-support/validator.ts';
import { matchesGbnf, waysOpenIn } from '../../test-support/gbnf-matcher.ts';
import type { Json } from './json.ts';
import { schemaGrammar } from './schema-grammar.ts';

type Case = { readonly name: string; readonly schema: Json; readonly yes: readonly Json[]; readonly no: readonly Json[] };

const CASES: readonly Case[] = [
  { name: 'null and boolean', schema: { type: ['null', 'boolean'] }, yes: [null, true, false], no: [0, 'true', []] },
  { name: 'true', schema: true, yes: [1, 'a', null, [1, { a: [] }], {}, -1.5e-7], no: [] },
  {
    name: 'all types, but of numbers only the whole ones',
    schema: { type: ['null', 'boolean', 'integer', 'string', 'array', 'object'] },
    yes: [null, 5, 'a', [1.5], { a: 1.5 }],
    no: [1.5],
  },
  { name: 'integer', schema: { type: 'integer' }, yes: [0, -1, 42, 123_456_789_012], no: [1.5, '1', null] },
  {
    name: 'bounded integers',
    schema: { type: 'integer', minimum: -120, exclusiveMaximum: 1050 },
    yes: [-120, -119, -100, -99, -20, -9, 0, 7, 99, 100, 999, 1000, 1049],
    no: [-121, -1000, 1050, 1051, 1100, 2000, 0.5],
  },
  { name: 'positive integers', schema: { type: 'integer', exclusiveMinimum: 0 }, yes: [1, 9, 10, 99_999], no: [0, -1] },
  { name: 'negative integers', schema: { type: 'integer', maximum: -5 }, yes: [-5, -6, -10, -5000], no: [-4, 0, 5] },
  { name: 'integers between decimals', schema: { type: 'integer', minimum: 1.2, maximum: 3.9 }, yes: [2, 3], no: [1, 4] },
  { name: 'int32', schema: { type: 'integer', format: 'int32' }, yes: [2 ** 31 - 1, -(2 ** 31), 0], no: [2 ** 31, -(2 ** 31) - 1] },
  { name: 'number', schema: { type: 'number' }, yes: [0, -0.5, 1e21, 1.5e-7, 2.625], no: ['1', true] },
  {
    name: 'bounded numbers',
    schema: { type: 'number', minimum: -1.25, exclusiveMaximum: 10.05 },
    yes: [-1.25, -1.2, -0.001, 0, 0.5, 1, 9.999, 10, 10.04, 10.0499],
    no: [-1.251, -1.3, -2, 10.05, 10.06, 10.1, 11, 100],
  },
  { name: 'exclusive zero', schema: { type: 'number', exclusiveMinimum: 0, maximum: 1 }, yes: [0.001, 0.5, 1], no: [0, 1.001, -0.5] },
  {
    name: 'fractions below one',
    schema: { type: 'number', minimum: 0.05, maximum: 0.105 },
    yes: [0.05, 0.1, 0.105, 0.0999],
    no: [0.049, 0.106, 0.11, 0, 1],
  },
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
  { name: 'const', schema: { const: { a: [1, 'x'], b: null } }, yes: [{ a: [1, 'x'], b: null }], no: [{ a: [1], b: null }, {}, 'a'] },
  {
    name: 'enum',
    schema: { enum: ['red', 'redder', 'blue', 3, null, [1]] },
    yes: ['red', 'redder', 'blue', 3, null, [1]],
    no: ['re', 'green', 4, []],
  },
  { name: 'enum of one type', schema: { type: 'string', enum: ['a', 1, 'bb'], minLength: 2 }, yes: ['bb'], no: ['a', 1] },
  {
    name: 'required and optional properties',
    schema: {
      type: 'object',
      properties: { a: { type: 'integer' }, b: { type: 'string' }, c: { type: 'null' } },
      required: ['b'],
      additionalProperties: false,
    },
    yes: [{ b: '' }, { a: 1, b: 'x' }, { b: 'x', c: null }, { a: 1, b: 'x', c: null }],
    no: [{}, { a: 1 }, { a: 1, b: 2 }, { b: 'x', d: 1 }, { a: 'x', b: 'x' }],
  },
  {
    name: 'further properties of a kind',
    schema: { type: 'object', properties: { a: { type: 'string' }, ab: { type: 'null' } }, additionalProperties: { type: 'integer' } },
    yes: [{}, { a: 'x' }, { a: 'x', ab: null, b: 1 }, { z: 1, abc: 2 }, { '': 0 }, { 'a"': 3 }],
    no: [{ a: 1 }, { z: 'x' }, { a: 'x', z: null }, { ab: 1 }],
  },
  {
    name: 'a dictionary',
    schema: { type: 'object', additionalProperties: { enum: [1, 2] }, minProperties: 1, maxProperties: 2 },
    yes: [{ a: 1 }, { a: 1, b: 2 }],
    no: [{}, { a: 3 }, { a: 1, b: 1, c: 1 }],
  },
  {
    name: 'properties by pattern',
    schema: {
      type: 'object',
      properties: { id: { type: 'integer' } },
      patternProperties: { '^s_': { type: 'string' }, _n$: { maxLength: 1 } },
      additionalProperties: false,
    },
    yes: [{}, { id: 1 }, { s_a: 'long' }, { x_n: 'a' }, { id: 1, s_n: 'a' }],
    no: [{ s_a: 1 }, { s_n: 'ab' }, { x_n: 'ab' }, { other: 1 }, { id: 'x' }],
  },
  {
    name: 'a number of properties',
    schema: { type: 'object', properties: { a: true, b: true, c: true }, minProperties: 2, maxProperties: 2, additionalProperties: false },
    yes: [
      { a: 1, b: 2 },
      { b: [], c: null },
    ],
    no: [{}, { a: 1 }, { a: 1, b: 1, c: 1 }],
  },
  {
    name: 'a required property that is not declared',
    schema: { type: 'object', required: ['x'], additionalProperties: { type: 'integer' } },
    yes: [{ x: 1 }, { x: 1, y: 2 }],
    no: [{}, { x: 'a' }, { y: 1 }],
  },
  {
    name: 'arrays',
    schema: { type: 'array', items: { type: 'integer' }, minItems: 1, maxItems: 3 },
    yes: [[1], [1, 2, 3]],
    no: [[], [1, 2, 3, 4], ['a']],
  },
  { name: 'arrays of any', schema: { type: 'array', maxItems: 0 }, yes: [[]], no: [[1]] },
  {
    name: 'tuples',
    schema: { type: 'array', prefixItems: [{ type: 'string' }, { type: 'integer' }], items: { type: 'null' }, minItems: 1 },
    yes: [['a'], ['a', 1], ['a', 1, null, null]],
    no: [[], [1], ['a', 'b'], ['a', 1, 2]],
  },
  {
    name: 'tuples of draft 7',
    schema: { type: 'array', items: [{ type: 'string' }, { type: 'integer' }], additionalItems: false },
    yes: [[], ['a'], ['a', 1]],
    no: [['a', 1, null], [1]],
  },
  {
    name: 'anyOf beside properties',
    schema: {
      type: 'object',
      properties: { a: { type: 'integer' }, b: { type: 'integer' } },
      anyOf: [{ required: ['a'] }, { required: ['b'] }],
      additionalProperties: false,
    },
    yes: [{ a: 1 }, { b: 1 }, { a: 1, b: 1 }],
    no: [{}, { c: 1 }],
  },
  {
    name: 'oneOf by a constant',
    schema: {
      oneOf: [
        {
          type: 'object',
          properties: { kind: { const: 'cat' }, lives: { type: 'integer' } },
          required: ['kind', 'lives'],
          additionalProperties: false,
        },
        {
          type: 'object',
          properties: { kind: { const: 'dog' }, name: { type: 'string' } },
          required: ['kind'],
          additionalProperties: false,
        },
      ],
    },
    yes: [{ kind: 'cat', lives: 9 }, { kind: 'dog' }, { kind: 'dog', name: 'Rex' }],
    no: [{ kind: 'cat' }, { kind: 'dog', lives: 9 }, { kind: 'cow' }],
  },
  {
    name: 'oneOf by type',
    schema: { oneOf: [{ type: 'string' }, { type: 'integer', minimum: 5 }, { type: 'integer', maximum: 3 }] },
    yes: ['a', 5, 3],
    no: [4, null],
  },
  {
    name: 'a choice that is asked for twice',
    schema: {
      $defs: { S: { anyOf: [{ type: 'string' }, { type: 'integer' }] } },
      allOf: [{ $ref: '#/$defs/S' }],
      anyOf: [{ $ref: '#/$defs/S' }, { type: 'null' }],
    },
    yes: ['a', 5],
    no: [null, 1.5, []],
  },
  {
    name: 'a choice of exactly one that is asked for twice',
    schema: {
      $defs: { S: { oneOf: [{ type: 'string' }, { type: 'integer' }] } },
      $ref: '#/$defs/S',
      anyOf: [{ $ref: '#/$defs/S', maxLength: 2 }, { type: 'integer' }],
    },
    yes: ['ab', 5],
    no: [null, 'abc'],
  },
  {
    name: 'places that have names of their own',
    schema: {
      $id: 'https://example.com/schema.json',
      properties: {
        a: { $id: '#/properties/a', type: 'array', items: [{ type: 'integer' }], additionalItems: false },
        id: { type: 'null' },
      },
      required: ['a'],
      additionalProperties: false,
    },
    yes: [{ a: [1] }, { a: [1], id: null }],
    no: [{}, { a: ['x'] }],
  },
  {
    name: 'bounds beyond all digits',
    schema: { type: 'number', minimum: -1.797_693_134_862_315_7e308, maximum: 1.797_693_134_862_315_7e308 },
    yes: [0, -1.5, 999_999_999_999_999],
    no: ['1', null],
  },
  {
    name: 'bounds of 64 bits',
    schema: { type: 'integer', minimum: 0, maximum: 2 ** 63 },
    yes: [0, 123_456_789_012_345_680],
    no: [-1, 1.5],
  },
  {
    name: 'a bound that another one makes superfluous',
    schema: { type: 'string', maxLength: 65_535, allOf: [{ maxLength: 3 }] },
    yes: ['abc'],
    no: ['abcd'],
  },
  {
    name: 'more properties than are declared',
    schema: { type: 'object', properties: { a: { type: 'integer' } }, minProperties: 2 },
    yes: [
      { a: 1, b: 2 },
      { a: 1, b: [], c: null },
    ],
    no: [{ a: 1 }, { a: 'x', b: 1 }, {}],
  },
  {
    name: 'allOf of objects',
    schema: {
      allOf: [
        { type: 'object', properties: { a: { type: 'integer', minimum: 1 } }, required: ['a'] },
        { properties: { a: { maximum: 9 }, b: { type: 'string' } } },
      ],
    },
    yes: [{ a: 1 }, { a: 9, b: 'x' }],
    no: [{}, { a: 10 }, { a: 0 }, { a: 1, b: 2 }],
  },
  {
    name: 'references and recursion',
    schema: {
      $defs: {
        node: {
          type: 'object',
          properties: { v: { type: 'integer' }, next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } },
          required: ['v', 'next'],
          additionalProperties: false,
        },
      },
      $ref: '#/$defs/node',
    },
    yes: [
      { v: 1, next: null },
      { v: 1, next: { v: 2, next: { v: 3, next: null } } },
    ],
    no: [{ v: 1 }, { v: 1, next: {} }, null],
  },
  {
    name: 'references of draft 7',
    schema: { definitions: { 'a/b': { type: 'integer' } }, type: 'array', items: { $ref: '#/definitions/a~1b' } },
    yes: [[], [1, 2]],
    no: [['a']],
  },
  { name: 'a reference to the whole', schema: { type: 'array', items: { $ref: '#' } }, yes: [[], [[]], [[[], []]]], no: [[1]] },
  {
    name: 'a reference beside keywords',
    schema: { $defs: { n: { type: 'integer' } }, $ref: '#/$defs/n', minimum: 3 },
    yes: [3, 10],
    no: [2, 'a'],
  },
  {
    name: 'date',
    schema: { type: 'string', format: 'date' },
    yes: ['2024-02-29', '2000-02-29', '1999-12-31'],
    no: ['2023-02-29', '1900-02-29', '2024-04-31', '2024-13-01', '2024-1-1'],
  },
  {
    name: 'date-time',
    schema: { type: 'string', format: 'date-time' },
    yes: ['2024-02-29T23:59:59Z', '1999-12-31T00:00:00.123+05:30'],
    no: ['2024-02-29', '2024-02-29T24:00:00Z', '2024-02-29T12:00:00'],
  },
  {
    name: 'time',
    schema: { type: 'string', format: 'time' },
    yes: ['12:30:00Z', '00:00:00-11:00'],
    no: ['25:00:00Z', '12:30', '12:30:00'],
  },
  {
    name: 'duration',
    schema: { type: 'string', format: 'duration' },
    yes: ['P1D', 'PT5M', 'P1Y2M3DT4H5M6S', 'P3W'],
    no: ['P', 'PT', '1D', 'P1DT'],
  },
  {
    name: 'uuid',
    schema: { type: 'string', format: 'uuid' },
    yes: ['123e4567-e89b-12d3-a456-426614174000'],
    no: ['123e4567', '123e4567-e89b-12d3-a456-42661417400g'],
  },
  { name: 'email', schema: { type: 'string', format: 'email' }, yes: ['a.b+c@example.co.uk'], no: ['a@', '@b.c', 'a.@b.co', 'a b@c.de'] },
  { name: 'hostname', schema: { type: 'string', format: 'hostname' }, yes: ['localhost', 'a-b.example.com'], no: ['-a.b', 'a..b', ''] },
  { name: 'ipv4', schema: { type: 'string', format: 'ipv4' }, yes: ['0.0.0.0', '255.249.1.99'], no: ['256.1.1.1', '1.2.3', '1.2.3.4.5'] },
  {
    name: 'ipv6',
    schema: { type: 'string', format: 'ipv6' },
    yes: ['::', '::1', 'fe80::1:2', '1:2:3:4:5:6:7:8', '1::8'],
    no: ['1:2:3', ':::', '1::2::3', '1:2:3:4:5:6:7:8:9', '12345::'],
  },
  {
    name: 'uri',
    schema: { type: 'string', format: 'uri' },
    yes: ['https://example.com', 'http://a.b:8080/x/y%20z?q=1#f', 'ftp://h/'],
    no: ['example.com', '/x', 'http://a b'],
  },
  {
    name: 'keywords of objects without a type',
    schema: { properties: { a: { type: 'integer' } }, required: ['a'] },
    yes: [{ a: 1 }],
    no: [{}, { a: 'x' }],
  },
  {
    name: 'annotations',
    schema: { title: 'T', description: 'd', default: 1, examples: [2], deprecated: true, 'x-order': 1, type: 'integer' },
    yes: [5],
    no: ['5'],
  },
];

describe('a schema made a grammar', () => {
  test.each(CASES)('$name: takes what fulfils it, and nothing else', ({ schema, yes, no }) => {
    const matches = matchesGbnf(schemaGrammar(schema, 'schema'));
    const validate = createValidator(schema);
    for (const value of yes) {
      expect({ value, valid: validate(value) }).toEqual({ value, valid: true });
      expect({ value, matches: matches(JSON.stringify(value)) }).toEqual({ value, matches: true });
    }
    for (const value of no) {
      expect({ value, valid: validate(value) }).toEqual({ value, valid: false });
      expect({ value, matches: matches(JSON.stringify(value)) }).toEqual({ value, matches: false });
    }
  });

  test('a space may follow a comma and a colon, and nothing else may', () => {
    const matches = matchesGbnf(
      schemaGrammar({ type: 'object', properties: { a: { type: 'array', items: { type: 'integer' } } }, required: ['a'] }, 'schema'),
    );
    expect(['{"a":[1,2]}', '{"a": [1, 2]}', '{"a": [1,2]}'].map(matches)).toEqual([true, true, true]);
    expect(['{ "a":[]}', '{"a":[] }', '{"a":  []}', '{"a" :[]}', '{"a":[]}\n', ' {"a":[]}'].map(matches)).toEqual(Array(6).fill(false));
  });

  test('properties come in the order of the schema', () => {
    const matches = matchesGbnf(schemaGrammar({ type: 'object', properties: { b: true, a: true } }, 'schema'));
    expect([matches('{"b":1,"a":2}'), matches('{"a":2,"b":1}')]).toEqual([true, false]);
  });

  test('a declared name cannot be smuggled in as a further one, written in another way', () => {
    const matches = matchesGbnf(
      schemaGrammar({ type: 'object', properties: { a: { type: 'null' } }, additionalProperties: true }, 'schema'),
    );
    expect([matches('{"b":1}'), matches('{"a":1}'), matches('{"\\u0061":1}')]).toEqual([true, false, false]);
  });

  test('half a surrogate pair is no character, and a pair is one', () => {
    const matches = matchesGbnf(schemaGrammar({ type: 'string', minLength: 1, maxLength: 1 }, 'schema'));
    expect([matches('"\\ud83e\\udd8a"'), matches('"\\ud83e"'), matches('"\\udd8a"'), matches('"\\u00e9"')]).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });

  test('a property whose name looks like a way through the schema is not that way', () => {
    const properties = { a: { type: 'array', items: { type: 'integer' } }, 'a.items': { type: 'string' }, 'a.items]': { type: 'null' } };
    const matches = matchesGbnf(schemaGrammar({ type: 'object', properties }, 'schema'));
    expect([matches('{"a":[1],"a.items":"x"}'), matches('{"a":["x"]}'), matches('{"a.items":1}')]).toEqual([true, false, false]);
  });

  test('names that objects of the language have by themselves are names like others', () => {
    const schema: Json = JSON.parse(
      '{"type":"object","properties":{"__proto__":{"type":"integer"},"constructor":{"type":"null"}},"required":["__proto__"]}',
    );
    const matches = matchesGbnf(schemaGrammar(schema, 'schema'));
    expect(['{"__proto__":1}', '{"__proto__":1,"constructor":null}'].map(matches)).toEqual([true, true]);
    expect(['{}', '{"constructor":null}', '{"__proto__":null}'].map(matches)).toEqual([false, false, false]);
  });

  test.each<[string, Json, Json]>([
    [
      'a hundred optional properties',
      { type: 'object', properties: manyProperties(100) },
      { 'property-3': 1, 'property-60': 22, 'property-99': 3 },
    ],
    [
      'further properties beside declared ones',
      { type: 'object', properties: manyProperties(20), additionalProperties: { type: 'integer' } },
      { 'property-3': 1, proper: 22, 'property-99': 3 },
    ],
    ['a hundred values', { enum: Array.from({ length: 100 }, (_, i) => `value ${i}`) }, 'value 77'],
    ['a pattern found anywhere', { type: 'string', pattern: 'ab.*abc' }, 'aababxababababc'],
    ['a string of at most so many characters', { type: 'string', maxLength: 900 }, 'x'.repeat(900)],
    ['numbers within bounds', { type: 'number', minimum: -12.5, maximum: 1234.5 }, 1199.25],
  ])('few ways are open at a time in %s', (_name, schema, value) => {
    expect(waysOpenIn(schemaGrammar(schema, 'schema'))(JSON.stringify(value))).toBeLessThanOrEqual(25);
  });
});

function manyProperties(count: number): Json {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`property-${i}`, { type: 'integer' }]));
}
