import { automatonRules } from '../grammar/automaton-rules.ts';
import { choice, EMPTY, NEVER, sequence, text, type Expression } from '../grammar/expression.ts';
import { anyInteger, anyNumber } from '../grammar/json-parts.ts';
import { encodeRaw } from '../grammar/json-text.ts';
import type { Rules } from '../grammar/rules.ts';
import type { Automaton } from '../language/automaton.ts';
import { both, ofLength } from '../language/combine.ts';
import { determinise } from '../language/determinise.ts';
import { parsePattern } from '../language/parse-pattern.ts';
import { decimalOf, decimalsFrom, decimalsTo, wholesFrom, wholesTo } from './decimal-patterns.ts';
import { refuse } from './place.ts';
import { formatsOf, leafWith, type Bound, type Shape } from './shape.ts';

/** Any two decimals of at most 15 digits are different doubles, so to compare their texts is to compare the numbers. */
const DECIMAL_LENGTH_MAX = 16;
const DECIMAL = String.raw`(0|[1-9]\d{0,14})(\.\d{1,15})?`;
/** The same as for an integer without bounds. */
const WHOLE = String.raw`0|[1-9]\d{0,17}`;

/** What has so many digits lies below these. */
const DECIMALS_END = 1e15;
const WHOLES_END = 1e18;

const INT32 = { lower: -(2 ** 31), upper: 2 ** 31 - 1 };
const ZERO: Bound = { value: 0, isExclusive: false };

/** The numbers of a shape. */
export function numberRule(rules: Rules, shape: Shape): Expression {
  const { isInteger, lower, upper } = withFormats(shape);
  if (!lower && !upper) return isInteger ? anyInteger(rules) : anyNumber(rules);
  assertReachable(shape, isInteger);
  if (isInteger) assertExact(shape);
  const key = `number:${isInteger}:${textOf(lower)}:${textOf(upper)}`;
  return rules.shared(key, isInteger ? 'integer' : 'number', () => {
    const magnitudes = isInteger ? wholes : decimals;
    const write = (automaton: Automaton | undefined): Expression =>
      automaton ? automatonRules(rules, automaton, { encode: encodeRaw, end: EMPTY }) : NEVER;
    const positive = upper && upper.value < 0 ? undefined : magnitudes(lower && lower.value > 0 ? lower : atLeastZero(lower), upper);
    const above = upper && upper.value < 0 ? { ...upper, value: -upper.value } : { value: 0, isExclusive: true };
    const negative = lower && lower.value >= 0 ? undefined : magnitudes(above, lower && { ...lower, value: -lower.value });
    const options = [write(positive), sequence(text('-'), write(negative))].filter((option) => option !== NEVER);
    return choice(...options);
  });
}

/** Zero itself may be excluded. */
function atLeastZero(lower: Bound | undefined): Bound {
  return lower?.value === 0 ? lower : ZERO;
}

function decimals(lower: Bound, upper: Bound | undefined): Automaton | undefined {
  const from = determinise(decimalsFrom(decimalOf(lower.value), lower.isExclusive));
  const within = ofLength(both(determinise(parsePattern(DECIMAL)), from), 1, DECIMAL_LENGTH_MAX);
  if (!upper || upper.value >= DECIMALS_END) return within;
  const to = decimalsTo(decimalOf(upper.value), upper.isExclusive);
  return to && both(within, determinise(to));
}

function wholes(lower: Bound, upper: Bound | undefined): Automaton | undefined {
  const least = wholeAt(lower, Math.ceil(lower.value), 1n);
  const from = both(determinise(parsePattern(WHOLE)), determinise(wholesFrom(least.toString())));
  if (!upper || upper.value >= WHOLES_END) return from;
  const most = wholeAt(upper, Math.floor(upper.value), -1n);
  return most < 0n ? undefined : both(from, determinise(wholesTo(most.toString())));
}

function wholeAt({ value, isExclusive }: Bound, rounded: number, step: bigint): bigint {
  return BigInt(rounded) + (isExclusive && rounded === value ? step : 0n);
}

/** Past 2^53 the next integer may be the same double. */
function assertExact(shape: Shape): void {
  for (const [bound, keyword] of [[shape.lower, 'exclusiveMinimum'] as const, [shape.upper, 'exclusiveMaximum'] as const]) {
    const leaf = leafWith(shape.leaves, keyword);
    const size = bound?.isExclusive ? Math.abs(bound.value) : 0;
    if (leaf && size > Number.MAX_SAFE_INTEGER && size < WHOLES_END)
      throw refuse(leaf, keyword, `Constrained output supports \`${keyword}\` up to ${Number.MAX_SAFE_INTEGER} only.`);
  }
}

/** Throws a Fault for a bound beyond which all numbers have too many digits. */
function assertReachable({ leaves, lower, upper }: Shape, isInteger: boolean): void {
  const end = isInteger ? WHOLES_END : DECIMALS_END;
  const isTooHigh = lower !== undefined && lower.value >= end;
  const isTooLow = upper !== undefined && upper.value <= -end;
  const keywords = isTooHigh ? ['minimum', 'exclusiveMinimum'] : isTooLow ? ['maximum', 'exclusiveMaximum'] : [];
  for (const keyword of keywords) {
    const leaf = leafWith(leaves, keyword);
    if (leaf) throw refuse(leaf, keyword, `Constrained output supports numbers of up to ${isInteger ? 18 : 15} digits.`);
  }
}

function withFormats(shape: Shape): Pick<Shape, 'isInteger' | 'lower' | 'upper'> {
  const formats = formatsOf(shape.leaves);
  const isInteger = shape.isInteger || formats.includes('int32') || formats.includes('int64');
  if (!formats.includes('int32')) return { isInteger, lower: shape.lower, upper: shape.upper };
  const lower = shape.lower && shape.lower.value >= INT32.lower ? shape.lower : { value: INT32.lower, isExclusive: false };
  const upper = shape.upper && shape.upper.value <= INT32.upper ? shape.upper : { value: INT32.upper, isExclusive: false };
  return { isInteger, lower, upper };
}

function textOf(bound: Bound | undefined): string {
  return bound ? `${bound.isExclusive ? '(' : '['}${bound.value}` : '';
}
