import { isEmpty } from '../language/automaton.ts';
import { both } from '../language/combine.ts';
import { flatten } from './flatten.ts';
import { canonical, type Json } from './json.ts';
import { schemaAt, schemasAt } from './keywords.ts';
import type { Place } from './place.ts';
import { shapeOf, typeOf, type Shape, type Type } from './shape.ts';
import { widestStringLanguage } from './string-language.ts';

/** How deep required properties are looked into. */
const DEPTH_MAX = 3;

/** Whether no value can have both shapes. False where that cannot be seen. */
export function areDisjoint(root: Place, a: Shape, b: Shape, depth = 0): boolean {
  if (a.values && b.values) return sharedValues(a.values, b.values).length === 0;
  const common = [...typesOf(a)].filter((type) => typesOf(b).has(type));
  return common.every((type) => areDisjointAs(root, type, { a, b, depth }));
}

type Pair = { readonly a: Shape; readonly b: Shape; readonly depth: number };

function areDisjointAs(root: Place, type: Type, { a, b, depth }: Pair): boolean {
  switch (type) {
    case 'null':
      return false;
    case 'boolean':
      return false;
    case 'number':
      return isBelow(a, b) || isBelow(b, a);
    case 'string':
      return areStringsDisjoint(a, b);
    case 'array':
      return a.items.max < b.items.min || b.items.max < a.items.min;
    case 'object':
      return areObjectsDisjoint(root, { a, b, depth });
    default:
      return type satisfies never;
  }
}

function areStringsDisjoint(a: Shape, b: Shape): boolean {
  if (a.length.max < b.length.min || b.length.max < a.length.min) return true;
  const [inA, inB] = [widestStringLanguage(a), widestStringLanguage(b)];
  return inA !== undefined && inB !== undefined && isEmpty(both(inA, inB));
}

function isBelow(a: Shape, b: Shape): boolean {
  if (!a.upper || !b.lower) return false;
  return a.upper.value < b.lower.value || (a.upper.value === b.lower.value && (a.upper.isExclusive || b.lower.isExclusive));
}

/** By the number of properties, or by one that both have and that differs, or by one that only one of them may have. */
function areObjectsDisjoint(root: Place, { a, b, depth }: Pair): boolean {
  if (a.properties.max < b.properties.min || b.properties.max < a.properties.min) return true;
  if ([...a.required].some((name) => isForbidden(b, name)) || [...b.required].some((name) => isForbidden(a, name))) return true;
  if (depth >= DEPTH_MAX) return false;
  return [...a.required].filter((name) => b.required.has(name)).some((name) => areValuesDisjoint(root, name, { a, b, depth }));
}

function areValuesDisjoint(root: Place, name: string, { a, b, depth }: Pair): boolean {
  const [inA, inB] = [a, b].map((shape) => shapeOfProperty(root, shape, name));
  return inA !== undefined && inB !== undefined && areDisjoint(root, inA, inB, depth + 1);
}

/** What is said about a property outright; choices within are left out, which makes less disjoint. */
function shapeOfProperty(root: Place, shape: Shape, name: string): Shape | undefined {
  const places = shape.leaves.flatMap((leaf) => schemasAt(leaf, 'properties').get(name) ?? []);
  return places.length === 0 ? undefined : shapeOf(flatten(root, places).leaves);
}

function isForbidden(shape: Shape, name: string): boolean {
  return shape.leaves.some((leaf) => {
    const isDeclared = schemasAt(leaf, 'properties').has(name) || leaf.schema.patternProperties !== undefined;
    return !isDeclared && schemaAt(leaf, 'additionalProperties')?.schema === false;
  });
}

function typesOf(shape: Shape): ReadonlySet<Type> {
  return shape.values ? new Set(shape.values.map(typeOf).filter((type) => shape.types.has(type))) : shape.types;
}

function sharedValues(a: readonly Json[], b: readonly Json[]): readonly Json[] {
  const known = new Set(a.map(canonical));
  return b.filter((value) => known.has(canonical(value)));
}
