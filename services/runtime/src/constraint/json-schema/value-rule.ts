import { choice, EMPTY, NEVER, sequence, text, type Expression } from '../grammar/expression.ts';
import { COMMA } from '../grammar/json-parts.ts';
import { GAP } from '../grammar/json-text.ts';
import { wordsRule } from '../grammar/words-rule.ts';
import { accepts } from '../language/automaton.ts';
import { isArray, isObject, type Json } from './json.ts';
import { refuse } from './place.ts';
import { formatsOf, leafWith, typeOf, type Shape, type Type } from './shape.ts';
import { stringLanguage } from './string-language.ts';

/** The listed values that fulfil the rest of the shape, too. */
export function valuesRule(shape: Shape, values: readonly Json[]): Expression {
  const fitting = values.filter((value) => shape.types.has(typeOf(value)) && fits(shape, value));
  const flat = fitting.filter((value) => typeof value !== 'object' || value === null);
  const deep = fitting.filter((value) => typeof value === 'object' && value !== null);
  if (fitting.length === 0) return NEVER;
  return choice(...(flat.length === 0 ? [] : [wordsRule(flat.map((value) => JSON.stringify(value)))]), ...deep.map(valueRule));
}

/** One value, with the gaps that any JSON may have here. */
function valueRule(value: Json): Expression {
  if (isArray(value)) return enclosed('[', value.map(valueRule), ']');
  if (!isObject(value)) return text(JSON.stringify(value));
  const members = Object.entries(value).map(([key, member]) => sequence(text(`${JSON.stringify(key)}:`), GAP, valueRule(member)));
  return enclosed('{', members, '}');
}

function enclosed(open: string, members: readonly Expression[], close: string): Expression {
  return sequence(text(open), ...members.flatMap((member, i) => [i === 0 ? EMPTY : COMMA, member]), text(close));
}

function fits(shape: Shape, value: Json): boolean {
  if (typeof value === 'string') return fitsString(shape, value);
  if (typeof value === 'number') return fitsNumber(shape, value);
  if (isArray(value)) assertNothingMore(shape, 'array');
  if (isObject(value)) assertNothingMore(shape, 'object');
  return true;
}

function fitsString(shape: Shape, value: string): boolean {
  const characters = Array.from(value).length;
  if (characters < shape.length.min || characters > shape.length.max) return false;
  const language = stringLanguage(shape);
  return !language || accepts(language, value);
}

function fitsNumber({ isInteger, lower, upper, leaves }: Shape, value: number): boolean {
  if ((isInteger || formatsOf(leaves).some((format) => format.startsWith('int'))) && !Number.isInteger(value)) return false;
  if (formatsOf(leaves).includes('int32') && Math.abs(value + 0.5) > 2 ** 31) return false;
  if (lower && (value < lower.value || (lower.isExclusive && value === lower.value))) return false;
  return !upper || value < upper.value || (!upper.isExclusive && value === upper.value);
}

const BESIDE: Readonly<Record<'array' | 'object', readonly string[]>> = {
  array: ['items', 'prefixItems', 'additionalItems', 'minItems', 'maxItems'],
  object: ['properties', 'required', 'additionalProperties', 'patternProperties', 'minProperties', 'maxProperties'],
};

/** Whether a listed object fulfils a schema for objects is for a validator to say. */
function assertNothingMore(shape: Shape, type: Type & keyof typeof BESIDE): void {
  for (const keyword of BESIDE[type]) {
    const leaf = leafWith(shape.leaves, keyword);
    if (leaf) throw refuse(leaf, keyword, `Constrained output does not support \`${keyword}\` beside a list of values that are ${type}s.`);
  }
}
