import { Fault } from '@sluice/platform/fault';
import { isKnownFormat } from './formats.ts';
import { isArray, isObject, type Json } from './json.ts';
import { invalid, refuse, type Leaf, type Place } from './place.ts';

/** Say something about a schema, and nothing about the values. */
export const ANNOTATIONS: ReadonlySet<string> = new Set(
  `title description default examples example $schema $id id $comment deprecated readOnly writeOnly $defs definitions
  contentEncoding contentMediaType contentSchema discriminator externalDocs xml`.split(/\s+/),
);

/** Hold for the values. */
export const TAKEN: ReadonlySet<string> = new Set(
  `type const enum anyOf oneOf allOf $ref properties required additionalProperties patternProperties minProperties maxProperties
  items prefixItems additionalItems minItems maxItems minLength maxLength pattern format minimum maximum exclusiveMinimum
  exclusiveMaximum`.split(/\s+/),
);

/** Of draft 2020-12 and draft 7, for a message that says why. */
export const REFUSED: ReadonlySet<string> = new Set(
  `not if then else dependentRequired dependentSchemas dependencies unevaluatedProperties unevaluatedItems contains minContains
  maxContains multipleOf propertyNames $anchor $dynamicRef $dynamicAnchor $recursiveRef $recursiveAnchor $vocabulary nullable`.split(/\s+/),
);

/** Throws a Fault for the first keyword that a grammar cannot hold an answer to. */
export function assertKeywords(leaf: Leaf): void {
  for (const [keyword, value] of Object.entries(leaf.schema)) {
    if (TAKEN.has(keyword) || ANNOTATIONS.has(keyword) || keyword.startsWith('x-')) continue;
    if (keyword === 'uniqueItems' && value === false) continue;
    const what = REFUSED.has(keyword) || keyword === 'uniqueItems' ? 'does not support' : 'does not know';
    throw refuse(leaf, keyword, `Constrained output ${what} the keyword \`${keyword}\`.`);
  }
  const format = textAt(leaf, 'format');
  if (format !== undefined && !isKnownFormat(format))
    throw refuse(leaf, 'format', `Constrained output does not know the format \`${format.slice(0, 40)}\`.`);
}

/** A number of characters, items or properties. */
export function countAt(leaf: Leaf, keyword: string): number | undefined {
  const value = leaf.schema[keyword];
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  throw invalid(leaf, keyword, `\`${keyword}\` must be a whole number, and not below 0.`);
}

export function numberAt(leaf: Leaf, keyword: string): number | undefined {
  const value = leaf.schema[keyword];
  if (value === undefined || (typeof value === 'number' && Number.isFinite(value))) return value;
  if (typeof value === 'boolean') throw refuse(leaf, keyword, `\`${keyword}\` must be a number, as since draft 6.`);
  throw invalid(leaf, keyword, `\`${keyword}\` must be a number.`);
}

export function textAt(leaf: Leaf, keyword: string): string | undefined {
  const value = leaf.schema[keyword];
  if (value === undefined || typeof value === 'string') return value;
  throw invalid(leaf, keyword, `\`${keyword}\` must be a string.`);
}

export function listAt(leaf: Leaf, keyword: string): readonly Json[] | undefined {
  const value = leaf.schema[keyword];
  if (value === undefined || isArray(value)) return value;
  throw invalid(leaf, keyword, `\`${keyword}\` must be an array.`);
}

export function namesAt(leaf: Leaf, keyword: string): readonly string[] {
  return (listAt(leaf, keyword) ?? []).map((name) => {
    if (typeof name === 'string') return name;
    throw invalid(leaf, keyword, `\`${keyword}\` must be an array of strings.`);
  });
}

/** The schemas under names, in their order. */
export function schemasAt(leaf: Leaf, keyword: string): ReadonlyMap<string, Place> {
  const value = leaf.schema[keyword];
  if (value === undefined) return new Map();
  if (!isObject(value)) throw invalid(leaf, keyword, `\`${keyword}\` must be an object.`);
  return new Map(Object.entries(value).map(([name, schema]) => [name, schemaIn(`${leaf.path}.${keyword}.${name}`, schema)]));
}

/** The schemas of a list. */
export function branchesAt(leaf: Leaf, keyword: string): readonly Place[] {
  const list = listAt(leaf, keyword);
  if (list?.length === 0) throw invalid(leaf, keyword, `\`${keyword}\` must not be empty.`);
  return (list ?? []).map((schema, i) => schemaIn(`${leaf.path}.${keyword}[${i}]`, schema));
}

export function schemaAt(leaf: Leaf, keyword: string): Place | undefined {
  const value = leaf.schema[keyword];
  return value === undefined ? undefined : schemaIn(`${leaf.path}.${keyword}`, value);
}

function schemaIn(path: string, value: Json): Place {
  if (typeof value === 'boolean' || isObject(value)) return { schema: value, path };
  throw new Fault('INVALID_TYPE', { message: 'A schema must be an object or a boolean.', param: path });
}
