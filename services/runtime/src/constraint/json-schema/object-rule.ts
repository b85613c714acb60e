import { automatonRules } from '../grammar/automaton-rules.ts';
import { choice, EMPTY, NEVER, repeat, sequence, text, type Expression } from '../grammar/expression.ts';
import { anyString, COMMA } from '../grammar/json-parts.ts';
import { encodeInJson, GAP } from '../grammar/json-text.ts';
import type { Compiler } from './array-rule.ts';
import { branchesRule } from '../grammar/words-rule.ts';
import { ObjectKeys, type OtherKeys } from './object-keys.ts';
import { refuse } from './place.ts';
import { assertRepeatable, leafWith, type Shape } from './shape.ts';

/**
 * Optional properties that may come next are tried together, as one tree of their names. More at once would make the
 * grammar larger, fewer would leave more ways open, each of which costs time with every token.
 */
const NAMES_AT_ONCE = 16;

/** The objects of a shape: declared properties in the order of the schema, then others. */
export function objectRule(compiler: Compiler, shape: Shape): Expression {
  const keys = new ObjectKeys(shape);
  const others = keys.others();
  const isOpen = others.length > 0;
  assertCountable(shape, keys.names.length, isOpen);
  if (isOpen) assertRepeatable(shape.leaves, shape.properties, ['minProperties', 'maxProperties']);
  const { min, max } = shape.properties;
  const declared = keys.names.map((name) => ({
    // Without the first quote, which all names have.
    name: `${JSON.stringify(name).slice(1)}:`,
    value: compiler.compile(keys.placesOf(name)),
    isRequired: shape.required.has(name),
  }));
  const other = choice(...others.map((kind) => otherMember(compiler, kind)));
  const isCounted = min > 0 || max < Number.POSITIVE_INFINITY;
  const scope = compiler.rules.reserve('object');

  /** What may follow from property `i` on, after `count` properties. */
  const from = (i: number, count: number): Expression => {
    // Without bounds it only matters whether a comma is due.
    const counted = isCounted ? count : Math.min(count, 1);
    return compiler.rules.shared(`${scope}:${i}:${counted}`, 'members', () => {
      const comma = counted === 0 ? EMPTY : COMMA;
      // Up to and with the next one that must come.
      const required = declared.findIndex((property, at) => at >= i && property.isRequired);
      const end = Math.min(i + NAMES_AT_ONCE, required < 0 ? declared.length : required + 1);
      const next = counted < max ? declared.slice(i, end) : [];
      const words = next.map(({ name, value }, ahead) => ({ text: name, next: sequence(GAP, value, from(i + ahead + 1, counted + 1)) }));
      const possible = words.filter((word) => word.next !== NEVER);
      const taken = possible.length === 0 ? [] : [sequence(comma, text('"'), branchesRule(possible))];
      if (required >= 0 && required < end) return choice(...taken);
      return choice(...taken, end < declared.length ? from(end, counted) : tail(comma, counted));
    });
  };
  const tail = (comma: Expression, count: number): Expression => {
    const missing = Math.max(0, min - count);
    if (other === NEVER || max <= count) return missing === 0 ? EMPTY : NEVER;
    // A name may come twice, so that no number of further members makes sure of more than one property.
    if (missing > 1) return NEVER;
    const some = sequence(comma, other, repeat(sequence(COMMA, other), 0, max - count - 1));
    return missing === 1 ? some : choice(EMPTY, some);
  };
  return sequence(text('{'), from(0, 0), text('}'));
}

function otherMember(compiler: Compiler, { keys, places }: OtherKeys): Expression {
  const { rules } = compiler;
  const value = compiler.compile(places);
  if (value === NEVER) return NEVER;
  const end = sequence(text('":'), GAP, value);
  if (!keys) return sequence(anyString(rules), text(':'), GAP, value);
  return sequence(text('"'), automatonRules(rules, keys, { encode: encodeInJson, end }));
}

function assertCountable(shape: Shape, declared: number, isOpen: boolean): void {
  const leaf = leafWith(shape.leaves, 'minProperties');
  if (!leaf) return;
  if (isOpen && shape.properties.min > declared + 1)
    throw refuse(leaf, 'minProperties', 'Constrained output supports `minProperties` up to one more than the declared properties.');
  if (!isOpen && shape.properties.min > declared)
    throw refuse(leaf, 'minProperties', 'No object has so many properties: there may be no others than the declared ones.');
}
