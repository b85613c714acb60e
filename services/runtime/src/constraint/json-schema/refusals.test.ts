import { describe, expect, test } from '@jest/globals';
import { Fault } from '@sluice/platform/fault';
import type { Json } from './json.ts';
import { schemaGrammar } from './schema-grammar.ts';

function refusalOf(schema: Json): { code: string; param: string | undefined; message: string } | undefined {
  try {
    schemaGrammar(schema, 'schema');
  } catch (error) {
    if (error instanceof Fault) return { code: error.code, param: error.param, message: error.message };
    throw error;
  }
  return undefined;
}

describe('what no grammar can promise is refused by name', () => {
  test.each([
    ['not', { not: {} }],
    ['if', { if: {} }],
    ['multipleOf', { type: 'number', multipleOf: 2 }],
    ['uniqueItems', { type: 'array', uniqueItems: true }],
    ['contains', { contains: {} }],
    ['dependentRequired', { dependentRequired: {} }],
    ['unevaluatedProperties', { unevaluatedProperties: false }],
    ['propertyNames', { propertyNames: {} }],
    ['nullable', { type: 'string', nullable: true }],
    ['minimun', { type: 'number', minimun: 2 }],
  ])('the keyword %s, where it stands', (keyword, schema) => {
    expect(refusalOf({ type: 'object', properties: { age: { anyOf: [{ type: 'null' }, schema] } } })).toMatchObject({
      code: 'UNSUPPORTED_VALUE',
      param: `schema.properties.age.anyOf[1].${keyword}`,
    });
  });

  test.each([
    ['a format that is not known', { type: 'string', format: 'iban' }, 'schema.format', /iban/],
    ['a look-ahead', { type: 'string', pattern: '^(?=a).*$' }, 'schema.pattern', /assertion/],
    ['a back reference', { type: 'string', pattern: '(a)\\1' }, 'schema.pattern', /back reference/],
    ['a word boundary', { type: 'string', pattern: '\\bfoo' }, 'schema.pattern', /word boundary/],
    ['a Unicode property', { type: 'string', pattern: '\\p{L}+' }, 'schema.pattern', /Unicode property/],
    ['a pattern with too many states', { type: 'string', pattern: '^(a|b)*a(a|b){14}$' }, 'schema.pattern', /states/],
    ['a pattern that repeats too much', { type: 'string', pattern: '^(a{1000}){1000}$' }, 'schema.pattern', /repeats too much/],
    ['more characters than can be counted', { type: 'string', maxLength: 65_535 }, 'schema.maxLength', /up to 20000/],
    ['fewer characters than can be counted', { type: 'string', minLength: 30_000 }, 'schema.minLength', /up to 20000/],
    ['more items than can be counted', { type: 'array', maxItems: 50_000 }, 'schema.maxItems', /up to 20000/],
    ['more properties than can be counted', { type: 'object', maxProperties: 50_000 }, 'schema.maxProperties', /up to 20000/],
    ['numbers that are too large', { type: 'number', minimum: 1e300 }, 'schema.minimum', /15 digits/],
    ['integers that are too small', { type: 'integer', exclusiveMaximum: -1e18 }, 'schema.exclusiveMaximum', /18 digits/],
    [
      'an object inside that must have more properties than it may',
      { properties: { a: { properties: { b: {} }, additionalProperties: false, minProperties: 2 } } },
      'schema.properties.a.minProperties',
      /so many properties/,
    ],
    ['a remote reference', { $ref: 'https://example.com/x.json' }, 'schema.$ref', /out of the schema/],
    [
      'a document within the document',
      { properties: { a: { $id: 'https://example.com/a', $defs: { b: {} }, $ref: '#/$defs/b' } } },
      'schema.properties.a.$id',
      /at the root only/,
    ],
    [
      'a reference into a document within the document',
      { $defs: { a: { $id: 'a.json', $defs: { b: { type: 'null' } } } }, $ref: '#/$defs/a/$defs/b' },
      'schema.$defs.a.$id',
      /at the root only/,
    ],
    ['an anchor', { $ref: '#here' }, 'schema.$ref', /JSON pointers/],
    ['branches that may both match', { oneOf: [{ type: 'string' }, { maxLength: 3 }] }, 'schema.oneOf', /branches 0 and 1/],
    [
      'formats that not every validator knows',
      {
        oneOf: [
          { type: 'string', format: 'ipv4' },
          { type: 'string', format: 'hostname' },
        ],
      },
      'schema.oneOf',
      /branches 0 and 1/,
    ],
    [
      'a format beside a pattern',
      {
        oneOf: [
          { type: 'string', format: 'uri' },
          { type: 'string', pattern: '^urn:' },
        ],
      },
      'schema.oneOf',
      /branches 0 and 1/,
    ],
    [
      'too many combinations',
      { allOf: Array.from({ length: 10 }, () => ({ anyOf: [{ type: 'string' }, { minLength: 1 }] })) },
      undefined,
      /combinations/,
    ],
    [
      'more properties than are declared',
      { type: 'object', additionalProperties: true, minProperties: 2 },
      'schema.minProperties',
      /minProperties/,
    ],
    ['a value without end', { type: 'object', properties: { a: { $ref: '#' } }, required: ['a'] }, 'schema', /no finite answer/],
    ['a schema that nothing fulfils', { allOf: [{ type: 'string' }, { type: 'null' }] }, 'schema', /no finite answer/],
    ['false', false, 'schema', /no finite answer/],
  ])('%s', (_name, schema, param, message) => {
    const refusal = refusalOf(schema);
    expect(refusal).toMatchObject({ code: 'UNSUPPORTED_VALUE', message: expect.stringMatching(message) });
    if (param !== undefined) expect(refusal?.param).toBe(param);
  });

  test.each([
    ['a type that is none', { type: 'text' }, 'schema.type'],
    ['a length that is none', { type: 'string', minLength: -1 }, 'schema.minLength'],
    ['required without a list', { type: 'object', required: 'a' }, 'schema.required'],
    ['a pattern that is none', { type: 'string', pattern: '(' }, 'schema.pattern'],
    ['a reference to nothing', { $ref: '#/$defs/x' }, 'schema.$ref'],
    ['a reference to itself', { $defs: { a: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a' }, 'schema.$defs.a.$ref'],
    [
      'choices of each other',
      {
        $defs: {
          a: { anyOf: [{ $ref: '#/$defs/b' }, { type: 'null' }] },
          b: { anyOf: [{ type: 'string' }, { $ref: '#/$defs/a' }] },
        },
        $ref: '#/$defs/a',
      },
      'schema.$defs.a.anyOf',
    ],
    ['a choice of itself', { anyOf: [{ $ref: '#' }, { type: 'null' }] }, 'schema.anyOf'],
    ['an empty choice', { anyOf: [] }, 'schema.anyOf'],
  ])('a mistake: %s', (_name, schema, param) => {
    expect(refusalOf(schema)).toMatchObject({ code: 'INVALID_VALUE', param });
  });

  test('a property that is no schema', () => {
    expect(refusalOf({ type: 'object', properties: { a: 5 } })).toMatchObject({ code: 'INVALID_TYPE', param: 'schema.properties.a' });
  });

  test('a schema of ten thousand properties, before it has cost a second', () => {
    const properties = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, i) => [`property-number-${i}`, { type: 'integer', minimum: i }]),
    );
    expect(refusalOf({ type: 'object', properties })).toMatchObject({ code: 'UNSUPPORTED_VALUE' });
  });
});
