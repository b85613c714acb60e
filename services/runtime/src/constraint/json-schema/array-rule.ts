import { choice, EMPTY, NEVER, repeat, ruleNamed, sequence, text, type Expression } from '../grammar/expression.ts';
import { COMMA } from '../grammar/json-parts.ts';
import type { Rules } from '../grammar/rules.ts';
import { isArray } from './json.ts';
import { branchesAt, schemaAt } from './keywords.ts';
import type { Leaf, Place } from './place.ts';
import { assertRepeatable, type Shape } from './shape.ts';

/** What the writers of arrays and objects need of the whole. */
export type Compiler = {
  readonly rules: Rules;
  /** The values that fulfil all of these schemas. */
  compile(places: readonly Place[]): Expression;
};

/** The items that one schema speaks of: the first ones each, and all others. */
type Items = { readonly first: readonly Place[]; readonly rest: Place | undefined };

/** The arrays of a shape. */
export function arrayRule(compiler: Compiler, shape: Shape): Expression {
  const sources = shape.leaves.map(itemsOf);
  const positions = Math.max(0, ...sources.map((source) => source.first.length));
  const rest = sources.flatMap((source) => source.rest ?? []);
  // A tuple about whose further items nothing is said has none, unless it must.
  const isClosed = positions > 0 && rest.length === 0 && shape.items.min <= positions;
  const min = shape.items.min;
  const max = isClosed ? Math.min(shape.items.max, positions) : shape.items.max;
  if (min > max) return NEVER;
  if (!isClosed) assertRepeatable(shape.leaves, shape.items, ['minItems', 'maxItems']);
  const itemAt = (i: number): Expression => compiler.compile(sources.flatMap((source) => source.first[i] ?? source.rest ?? []));

  /** From item `i` on, when `i` items are there. */
  const from = (i: number): Expression => {
    if (i >= max) return EMPTY;
    if (i >= positions) return others(i);
    const name = compiler.rules.reserve('items');
    const more = sequence(i === 0 ? EMPTY : COMMA, itemAt(i), from(i + 1));
    compiler.rules.define(name, i >= min ? choice(EMPTY, more) : more);
    return ruleNamed(name);
  };
  const others = (i: number): Expression => {
    const item = compiler.compile(rest);
    const further = (count: number): Expression => repeat(sequence(COMMA, item), Math.max(0, min - count), max - count);
    if (i > 0) return further(i);
    const some = sequence(item, further(1));
    return min === 0 ? choice(EMPTY, some) : some;
  };
  return sequence(text('['), from(0), text(']'));
}

/** `items` with a list and `additionalItems` are draft 7's way to say `prefixItems` and `items`. */
function itemsOf(leaf: Leaf): Items {
  if (isArray(leaf.schema.items)) return { first: branchesAt(leaf, 'items'), rest: schemaAt(leaf, 'additionalItems') };
  return { first: branchesAt(leaf, 'prefixItems'), rest: schemaAt(leaf, 'items') };
}
