import * as fc from 'fast-check';
import type { Json, JsonObject } from '../constraint/json-schema/json.ts';

/** A schema, and values that fulfil it. */
export type SchemaCase = { readonly schema: JsonObject; readonly values: fc.Arbitrary<Json> };

const NAMES = ['a', 'b', 'ab', 'name', 'items', 'x y', 'é"'];
const CHARACTERS = Array.from('abcXYZ019 _-"\\/\n\té日🦊');

const text = (min: number, max: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...CHARACTERS), { minLength: min, maxLength: max }).map((chars) => chars.join(''));

const anyFlat: fc.Arbitrary<Json> = fc.oneof(fc.constant(null), fc.boolean(), fc.integer({ min: -1e6, max: 1e6 }), text(0, 5));

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

const simple: fc.Arbitrary<SchemaCase> = fc.constantFrom<SchemaCase>(
  { schema: { type: 'null' }, values: fc.constant(null) },
  { schema: { type: 'boolean' }, values: fc.boolean() },
  { schema: { type: ['boolean', 'string'], maxLength: 2 }, values: fc.oneof(fc.boolean(), text(0, 2)) },
  { schema: {}, values: anyFlat },
);

function arraysOf(inner: fc.Arbitrary<SchemaCase>): fc.Arbitrary<SchemaCase> {
  return fc.tuple(inner, fc.nat(2), fc.nat(3)).map(([item, min, more]) => ({
    schema: { type: 'array', items: item.schema, minItems: min, maxItems: min + more },
    values: fc.array(item.values, { minLength: min, maxLength: min + more }),
  }));
}

function tuplesOf(inner: fc.Arbitrary<SchemaCase>): fc.Arbitrary<SchemaCase> {
  return fc.array(inner, { minLength: 1, maxLength: 3 }).map((items) => ({
    schema: { type: 'array', prefixItems: items.map((item) => item.schema), items: false, minItems: items.length },
    values: fc.tuple(...items.map((item) => item.values)),
  }));
}

function objectsOf(inner: fc.Arbitrary<SchemaCase>): fc.Arbitrary<SchemaCase> {
  const properties = fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 4 });
  return fc
    .tuple(properties, fc.array(inner, { minLength: 5, maxLength: 5 }), fc.nat(31), fc.boolean())
    .map(([names, kinds, bits, isOpen]) => {
      const required = names.filter((_, i) => (bits & (2 ** i)) !== 0);
      const last = kinds[4];
      const members = names.map((name, i) => {
        const member = (kinds[i]?.values ?? fc.constant(null)).map((value): [string, Json][] => [[name, value]]);
        return required.includes(name) ? member : fc.oneof(member, fc.constant<[string, Json][]>([]));
      });
      const others =
        isOpen && last
          ? fc.array(fc.tuple(fc.constantFrom('zz', 'abc', '', 'é', '"q'), last.values), { maxLength: 2 })
          : fc.constant<[string, Json][]>([]);
      return {
        schema: {
          type: 'object',
          properties: Object.fromEntries(names.map((name, i) => [name, kinds[i]?.schema ?? {}])),
          required,
          additionalProperties: isOpen && last ? last.schema : false,
        },
        values: fc.tuple(fc.tuple(...members), others).map(([known, more]): Json => Object.fromEntries([...known.flat(), ...more])),
      };
    });
}

function choicesOf(inner: fc.Arbitrary<SchemaCase>): fc.Arbitrary<SchemaCase> {
  return fc.array(inner, { minLength: 1, maxLength: 3 }).map((branches) => ({
    schema: { anyOf: branches.map((branch) => branch.schema) },
    values: fc.oneof(...branches.map((branch) => branch.values)),
  }));
}

const flat = fc.oneof(strings, patterns, integers, numbers, listed, simple);

/** Schemas of all that is supported, nested a few levels deep. */
export const schemaCases: fc.Arbitrary<SchemaCase> = [1, 2, 3].reduce<fc.Arbitrary<SchemaCase>>(
  (inner) => fc.oneof(flat, arraysOf(inner), tuplesOf(inner), objectsOf(inner), choicesOf(inner)),
  flat,
);

/** A value with something changed, which may or may not matter. */
export function mutated(value: Json): fc.Arbitrary<Json> {
  const other = fc.oneof(
    anyFlat,
    fc.constant<Json>([]),
    fc.constant<Json>({}),
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e4, max: 1e4 }),
  );
  if (typeof value === 'string')
    return fc.oneof(
      other,
      text(1, 3).map((more) => value + more),
      fc.constant(value.slice(1)),
    );
  if (typeof value === 'number')
    return fc.oneof(
      other,
      fc.integer({ min: -2000, max: 2000 }).map((by) => value + by / 4),
    );
  if (value === null || typeof value === 'boolean') return other;
  const entries = Object.entries(value as JsonObject);
  const remake = (parts: readonly (readonly [string, Json])[]): Json =>
    Array.isArray(value) ? parts.map(([, part]) => part) : Object.fromEntries(parts);
  const added = fc.tuple(fc.constantFrom(...NAMES, 'zz'), anyFlat).map((one) => remake([...entries, one]));
  if (entries.length === 0) return fc.oneof(other, added);
  const inside = fc
    .nat(entries.length - 1)
    .chain((at) => mutated(entries[at]?.[1] ?? null).map((part) => remake(entries.map(([key, old], i) => [key, i === at ? part : old]))));
  const less = fc.nat(entries.length - 1).map((at) => remake(entries.filter((_, i) => i !== at)));
  return fc.oneof(other, added, { arbitrary: inside, weight: 3 }, less);
}
