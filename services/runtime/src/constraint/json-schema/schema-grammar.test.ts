import { describe, expect, test } from '@jest/globals';
import { checkSchemaExample, type SchemaExample } from '../../test-support/schema-example.ts';
import { matchesGbnf, waysOpenIn } from '../../test-support/gbnf-matcher.ts';
import type { Json } from './json.ts';
import { schemaGrammar } from './schema-grammar.ts';

const EXAMPLES: readonly SchemaExample[] = [
  { name: 'null and boolean', schema: { type: ['null', 'boolean'] }, yes: [null, true, false], no: [0, 'true', []] },
  { name: 'true', schema: true, yes: [1, 'a', null, [1, { a: [] }], {}, -1.5e-7], no: [] },
  {
    name: 'all types, but of numbers only the whole ones',
    schema: { type: ['null', 'boolean', 'integer', 'string', 'array', 'object'] },
    yes: [null, 5, 'a', [1.5], { a: 1.5 }],
    no: [1.5],
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
  test.each(EXAMPLES)('$name: takes what fulfils it, and nothing else', checkSchemaExample);

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
