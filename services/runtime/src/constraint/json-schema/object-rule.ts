import { automatonRules } from '../grammar/automaton-rules.ts';
import { choice, EMPTY, NEVER, repeat, sequence, text, type Expression } from '../grammar/expression.ts';
import { anyString, COMMA } from '../grammar/json-parts.ts';
import { encodeInJson, GAP } from '../grammar/json-text.ts';
import type { Compiler } from './array-rule.ts';
import { ObjectKeys, type OtherKeys } from './object-keys.ts';
import { refuse } from './place.ts';
import { leafWith, type Shape } from './shape.ts';

/** The objects of a shape: declared properties in the order of the schema, then others. */
export function objectRule(compiler: Compiler, shape: Shape): Expression {
  const keys = new ObjectKeys(shape);
  const others = keys.others();
  assertCountable(shape, keys.names.length, others.length > 0);
  const { min, max } = shape.properties;
  const declared = keys.names.map((name) => ({
    member: sequence(text(`${JSON.stringify(name)}:`), GAP, compiler.compile(keys.placesOf(name))),
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
      const property = declared[i];
      if (!property) return tail(comma, counted);
      const taken = counted < max ? sequence(comma, property.member, from(i + 1, counted + 1)) : NEVER;
      return property.isRequired ? taken : choice(taken, from(i + 1, counted));
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
  if (leaf && isOpen && shape.properties.min > declared + 1)
    throw refuse(leaf, 'minProperties', 'Constrained output supports `minProperties` up to one more than the declared properties.');
}
