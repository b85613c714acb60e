import { canonical, isArray, isObject, type Json } from './json.ts';
import { countAt, listAt, namesAt, numberAt, textAt } from './keywords.ts';
import { TIMES_MAX } from '../grammar/write-repeat.ts';
import { invalid, refuse, type Leaf } from './place.ts';

export type Type = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object';

export type Counts = { readonly min: number; readonly max: number };

export type Bound = { readonly value: number; readonly isExclusive: boolean };

/** What an alternative says, by the type of the value. */
export type Shape = {
  readonly leaves: readonly Leaf[];
  readonly types: ReadonlySet<Type>;
  /** The types that its keywords are about, when it names none. */
  readonly implied: ReadonlySet<Type>;
  /** The only values, when it lists them. */
  readonly values: readonly Json[] | undefined;
  readonly isInteger: boolean;
  readonly lower: Bound | undefined;
  readonly upper: Bound | undefined;
  readonly length: Counts;
  readonly items: Counts;
  readonly properties: Counts;
  readonly required: ReadonlySet<string>;
};

const ALL_TYPES: readonly Type[] = ['null', 'boolean', 'number', 'string', 'array', 'object'];

const KEYWORDS_OF: readonly (readonly [Type, readonly string[]])[] = [
  ['number', ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum']],
  ['string', ['minLength', 'maxLength', 'pattern', 'format']],
  ['array', ['items', 'prefixItems', 'additionalItems', 'minItems', 'maxItems']],
  ['object', ['properties', 'required', 'additionalProperties', 'patternProperties', 'minProperties', 'maxProperties']],
];

/** Joins what the leaves say. Throws a Fault for keywords that hold no sense. */
export function shapeOf(leaves: readonly Leaf[]): Shape {
  const { types, isInteger } = typesOf(leaves);
  return {
    leaves,
    types,
    implied: impliedTypes(leaves),
    values: valuesOf(leaves),
    isInteger,
    lower: tightest(leaves, 'minimum', 'exclusiveMinimum', (a, b) => b - a),
    upper: tightest(leaves, 'maximum', 'exclusiveMaximum', (a, b) => a - b),
    length: countsOf(leaves, 'minLength', 'maxLength'),
    items: countsOf(leaves, 'minItems', 'maxItems'),
    properties: countsOf(leaves, 'minProperties', 'maxProperties'),
    required: new Set(leaves.flatMap((leaf) => namesAt(leaf, 'required'))),
  };
}

export function typeOf(value: Json): Type {
  if (value === null) return 'null';
  if (isArray(value)) return 'array';
  if (isObject(value)) return 'object';
  return typeof value as Type;
}

function typesOf(leaves: readonly Leaf[]): { types: ReadonlySet<Type>; isInteger: boolean } {
  let types = new Set(ALL_TYPES);
  let isInteger = false;
  for (const leaf of leaves) {
    const names = typeNamesOf(leaf);
    if (names.length === 0) continue;
    types = new Set([...types].filter((type) => names.includes(type) || (type === 'number' && names.includes('integer'))));
    isInteger ||= names.includes('integer') && !names.includes('number');
  }
  return { types, isInteger };
}

function typeNamesOf(leaf: Leaf): readonly string[] {
  const { type } = leaf.schema;
  if (type === undefined) return [];
  const names = isArray(type) ? type : [type];
  for (const name of names) {
    if (name !== 'integer' && !ALL_TYPES.some((known) => known === name))
      throw invalid(leaf, 'type', '`type` must be null, boolean, integer, number, string, array or object, or a list of these.');
  }
  if (names.length === 0) throw invalid(leaf, 'type', '`type` must not be empty.');
  return names.map(String);
}

function impliedTypes(leaves: readonly Leaf[]): ReadonlySet<Type> {
  const implied = new Set<Type>();
  for (const { schema } of leaves) {
    for (const [type, keywords] of KEYWORDS_OF) if (keywords.some((keyword) => keyword in schema)) implied.add(type);
  }
  return implied;
}

function valuesOf(leaves: readonly Leaf[]): readonly Json[] | undefined {
  let values: readonly Json[] | undefined;
  for (const leaf of leaves) {
    const lists = [listAt(leaf, 'enum'), leaf.schema.const === undefined ? undefined : [leaf.schema.const]];
    for (const list of lists) {
      if (!list) continue;
      const known = new Set(list.map(canonical));
      values = values ? values.filter((value) => known.has(canonical(value))) : list;
    }
  }
  return values && [...new Map(values.map((value) => [canonical(value), value])).values()];
}

function countsOf(leaves: readonly Leaf[], min: string, max: string): Counts {
  return {
    min: Math.max(0, ...leaves.map((leaf) => countAt(leaf, min) ?? 0)),
    max: Math.min(Number.POSITIVE_INFINITY, ...leaves.map((leaf) => countAt(leaf, max) ?? Number.POSITIVE_INFINITY)),
  };
}

/** Throws a Fault that names the keyword where something is to be repeated more often than a grammar can. */
export function assertRepeatable(leaves: readonly Leaf[], counts: Counts, [min, max]: readonly [string, string]): void {
  for (const [keyword, count] of [[min, counts.min] as const, [max, counts.max] as const]) {
    const leaf = leaves.find((one) => one.schema[keyword] === count);
    if (leaf && count > TIMES_MAX) throw refuse(leaf, keyword, `Constrained output supports \`${keyword}\` up to ${TIMES_MAX}.`);
  }
}

function tightest(
  leaves: readonly Leaf[],
  inclusive: string,
  exclusive: string,
  compare: (a: number, b: number) => number,
): Bound | undefined {
  const bounds: Bound[] = [];
  for (const leaf of leaves) {
    const [including, excluding] = [numberAt(leaf, inclusive), numberAt(leaf, exclusive)];
    if (including !== undefined) bounds.push({ value: including, isExclusive: false });
    if (excluding !== undefined) bounds.push({ value: excluding, isExclusive: true });
  }
  return bounds.sort((a, b) => compare(a.value, b.value) || Number(b.isExclusive) - Number(a.isExclusive))[0];
}

/** Whether a keyword is used by any of the leaves; for messages that name it. */
export function leafWith(leaves: readonly Leaf[], keyword: string): Leaf | undefined {
  return leaves.find((leaf) => keyword in leaf.schema);
}

export function formatsOf(leaves: readonly Leaf[]): readonly string[] {
  return leaves.flatMap((leaf) => textAt(leaf, 'format') ?? []);
}
