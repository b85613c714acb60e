import * as fc from 'fast-check';
import { isArray, isObject, type Json, type JsonObject } from '../constraint/json-schema/json.ts';
import { anyFlat, type SchemaCase } from './flat-schemas.ts';

/** Names of properties. */
export const NAMES = ['a', 'b', 'ab', 'name', 'items', 'x y', 'é"'];

export function arraysOf(inner: fc.Arbitrary<SchemaCase>): fc.Arbitrary<SchemaCase> {
  return fc.tuple(inner, fc.nat(2), fc.nat(3)).map(([item, min, more]) => ({
    schema: { type: 'array', items: item.schema, minItems: min, maxItems: min + more },
    values: fc.array(item.values, { minLength: min, maxLength: min + more }),
  }));
}

export function tuplesOf(inner: fc.Arbitrary<SchemaCase>): fc.Arbitrary<SchemaCase> {
  return fc.array(inner, { minLength: 1, maxLength: 3 }).map((items) => ({
    schema: { type: 'array', prefixItems: items.map((item) => item.schema), items: false, minItems: items.length },
    values: fc.tuple(...items.map((item) => item.values)),
  }));
}

export function objectsOf(inner: fc.Arbitrary<SchemaCase>): fc.Arbitrary<SchemaCase> {
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

export function choicesOf(inner: fc.Arbitrary<SchemaCase>): fc.Arbitrary<SchemaCase> {
  return fc.array(inner, { minLength: 1, maxLength: 3 }).map((branches) => ({
    schema: { anyOf: branches.map((branch) => branch.schema) },
    values: fc.oneof(...branches.map((branch) => branch.values)),
  }));
}

/** Told apart by a property. */
export function exclusiveOf(inner: fc.Arbitrary<SchemaCase>): fc.Arbitrary<SchemaCase> {
  return fc.array(inner, { minLength: 1, maxLength: 3 }).map((branches) => ({
    schema: {
      oneOf: branches.map(({ schema }, i) => ({
        type: 'object',
        properties: { kind: { const: i }, value: schema },
        required: ['kind', 'value'],
        additionalProperties: false,
      })),
    },
    values: fc.oneof(...branches.map(({ values }, i) => values.map((value): Json => ({ kind: i, value })))),
  }));
}

/** Two schemas at once, each about a part of the value, and one of them twice. */
export function joinedOf(inner: fc.Arbitrary<SchemaCase>): fc.Arbitrary<SchemaCase> {
  return fc.tuple(inner, inner).map(([first, second]) => {
    const about = (name: string, { schema }: SchemaCase): JsonObject => ({
      type: 'object',
      properties: { [name]: schema },
      required: [name],
    });
    return {
      schema: { allOf: [about('a', first), about('b', second), { properties: { b: { allOf: [second.schema] } } }] },
      values: fc.tuple(first.values, second.values).map(([a, b]): Json => ({ a, b })),
    };
  });
}

/** So many of the properties that are declared. */
export function countedOf(inner: fc.Arbitrary<SchemaCase>): fc.Arbitrary<SchemaCase> {
  const names = ['a', 'b', 'c'];
  return fc.tuple(inner, fc.nat(3), fc.nat(3)).map(([{ schema, values }, min, more]) => {
    const max = Math.min(min + more, names.length);
    return {
      schema: {
        type: 'object',
        properties: Object.fromEntries(names.map((name) => [name, schema])),
        minProperties: min,
        maxProperties: max,
        additionalProperties: false,
      },
      values: fc
        .tuple(fc.subarray(names, { minLength: min, maxLength: max }), fc.tuple(values, values, values))
        .map(([chosen, all]): Json => Object.fromEntries(chosen.map((name, i) => [name, all[i] ?? null]))),
    };
  });
}

/** Properties by the pattern of their name, which may match two. */
export function namedOf(inner: fc.Arbitrary<SchemaCase>): fc.Arbitrary<SchemaCase> {
  return fc.tuple(inner, inner).map(([first, second]) => {
    const named = fc.array(fc.tuple(fc.constantFrom('s_', 's_é', 's_z'), second.values), { maxLength: 2 });
    return {
      schema: {
        type: 'object',
        properties: { id: first.schema },
        patternProperties: { '^s_': second.schema, z$: {} },
        additionalProperties: false,
      },
      values: fc
        .tuple(first.values, named, anyFlat)
        .map(([id, members, any]): Json => Object.fromEntries([['id', id], ...members, ['_z', any]])),
    };
  });
}

/** Under this keyword stands what `withDefinitions` moves out of the way. */
const ELSEWHERE = '$elsewhere';

/** A schema that is defined in another place. */
export function definedOf(inner: fc.Arbitrary<SchemaCase>): fc.Arbitrary<SchemaCase> {
  return inner.map(({ schema, values }) => ({ schema: { [ELSEWHERE]: schema }, values }));
}

/** The whole schema, with `$ref` in place of what is defined elsewhere. */
export function withDefinitions(schema: JsonObject): JsonObject {
  const definitions: Json[] = [];
  const moved = (value: Json): Json => {
    if (isArray(value)) return value.map(moved);
    if (!isObject(value)) return value;
    const elsewhere = value[ELSEWHERE];
    if (elsewhere === undefined) return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, moved(member)]));
    return { $ref: `#/$defs/${definitions.push(moved(elsewhere)) - 1}` };
  };
  const whole = moved(schema);
  if (!isObject(whole) || definitions.length === 0) return schema;
  return { ...whole, $defs: Object.fromEntries(definitions.entries()) };
}
