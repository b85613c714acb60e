import * as fc from 'fast-check';
import type { Json, JsonObject } from '../constraint/json-schema/json.ts';

/** A schema, and values that fulfil it. */
export type SchemaCase = { readonly schema: JsonObject; readonly values: fc.Arbitrary<Json> };

const CHARACTERS = Array.from('abcXYZ019 _-"\\/\n\té日🦊');

export const text = (min: number, max: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...CHARACTERS), { minLength: min, maxLength: max }).map((chars) => chars.join(''));

export const anyFlat: fc.Arbitrary<Json> = fc.oneof(fc.constant(null), fc.boolean(), fc.integer({ min: -1e6, max: 1e6 }), text(0, 5));

const strings: fc.Arbitrary<SchemaCase> = fc.tuple(fc.nat(3), fc.nat(4), fc.boolean()).map(([min, more, isBounded]) => ({
  schema: { type: 'string', ...(min > 0 ? { minLength: min } : {}), ...(isBounded ? { maxLength: min + more } : {}) },
  values: text(min, min + more),
}));

const patterns: fc.Arbitrary<SchemaCase> = fc
  .constantFrom(
    { pattern: '^[a-z]{2,4}$', values: fc.stringMatching(/^[a-z]{2,4}$/) },
    { pattern: '\\d-\\d', values: fc.tuple(text(0, 3), fc.nat(9), fc.nat(9)).map(([t, a, b]) => `${t}${a}-${b}${t}`) },
    { pattern: '^(yes|no|n/a)$', values: fc.constantFrom('yes', 'no', 'n/a') },
    { pattern: '^["\\\\]', values: fc.tuple(fc.constantFrom('"', '\\'), text(0, 3)).map(([a, b]) => a + b) },
  )
  .map(({ pattern, values }) => ({ schema: { type: 'string', pattern }, values }));

const integers: fc.Arbitrary<SchemaCase> = fc
  .tuple(fc.integer({ min: -3000, max: 3000 }), fc.nat(5000), fc.nat(3))
  .map(([low, more, kind]) => ({
    schema: {
      type: 'integer',
      ...(kind & 1 ? { minimum: low } : {}),
      ...(kind & 2 ? { exclusiveMaximum: low + more + 1 } : {}),
    },
    values: fc.integer({ min: low, max: low + more }),
  }));

const numbers: fc.Arbitrary<SchemaCase> = fc
  .tuple(fc.integer({ min: -5000, max: 5000 }), fc.nat(9000), fc.nat(3))
  .map(([low, more, kind]) => ({
    schema: { type: 'number', ...(kind & 1 ? { minimum: low / 100 } : {}), ...(kind & 2 ? { maximum: (low + more) / 100 } : {}) },
    values: fc.integer({ min: low, max: low + more }).map((hundredths) => hundredths / 100),
  }));

const listed: fc.Arbitrary<SchemaCase> = fc
  .uniqueArray(anyFlat, { minLength: 1, maxLength: 4, selector: (value) => JSON.stringify(value) })
  .map((values) => ({
    schema: values.length === 1 ? { const: values[0] ?? null } : { enum: values },
    values: fc.constantFrom(...values),
  }));

/** A few strings of each format. */
const FORMATS: Readonly<Record<string, readonly string[]>> = {
  date: ['2024-02-29', '1999-12-31'],
  time: ['12:30:00Z', '23:59:59.5+02:00'],
  'date-time': ['2024-02-29T12:30:00Z'],
  duration: ['P1D', 'PT5M', 'P3W'],
  uuid: ['123e4567-e89b-12d3-a456-426614174000'],
  email: ['a.b+c@example.com'],
  hostname: ['localhost', '1.2.3', 'a-b.example.com'],
  ipv4: ['1.2.3.4', '255.0.10.99'],
  ipv6: ['::1', 'fe80::1:2'],
  uri: ['https://example.com/x?y=1'],
};

const formats: fc.Arbitrary<SchemaCase> = fc
  .constantFrom(...Object.entries(FORMATS))
  .map(([format, examples]) => ({ schema: { type: 'string', format }, values: fc.constantFrom(...examples) }));

const BY_TYPE: Readonly<Record<string, fc.Arbitrary<Json>>> = {
  null: fc.constant(null),
  boolean: fc.boolean(),
  integer: fc.integer({ min: -1e6, max: 1e6 }),
  number: fc.integer({ min: -1e6, max: 1e6 }).map((quarters) => quarters / 4),
  string: text(0, 5),
  array: fc.constant<Json>([]),
  object: fc.constant<Json>({}),
};

/** Any list of types, up to all of them. */
const typeLists: fc.Arbitrary<SchemaCase> = fc.subarray(Object.keys(BY_TYPE), { minLength: 1 }).map((names) => ({
  schema: { type: names },
  values: fc.oneof(...names.flatMap((name) => BY_TYPE[name] ?? [])),
}));

const simple: fc.Arbitrary<SchemaCase> = fc.constantFrom<SchemaCase>(
  { schema: { type: 'null' }, values: fc.constant(null) },
  { schema: { type: 'boolean' }, values: fc.boolean() },
  { schema: { type: ['boolean', 'string'], maxLength: 2 }, values: fc.oneof(fc.boolean(), text(0, 2)) },
  { schema: {}, values: anyFlat },
);

/** Schemas of single values. */
export const flatSchemas: fc.Arbitrary<SchemaCase> = fc.oneof(strings, patterns, formats, integers, numbers, listed, typeLists, simple);
