import { characters, choice, EMPTY, optional, repeat, sequence, text, type Expression } from './expression.ts';
import { GAP, STRING_CHARACTER } from './json-text.ts';
import type { Rules } from './rules.ts';

/** How deep a value may nest that nothing is said about; a model that only opens brackets ends there. */
const FREE_DEPTH_MAX = 12;

/** Digits of a number that nothing is said about: enough for every 64-bit integer, and far from infinity. */
const DIGITS_MAX = 18;

const DIGIT = characters([[0x30, 0x39]]);
const LEADING_DIGIT = characters([[0x31, 0x39]]);

export function anyString(rules: Rules): Expression {
  return stringOf(rules, 0, Number.POSITIVE_INFINITY);
}

/** A string of so many characters. */
export function stringOf(rules: Rules, min: number, max: number): Expression {
  return rules.shared(`string:${min}:${max}`, 'string', () => {
    const character = rules.shared('character', 'character', () => STRING_CHARACTER);
    return sequence(text('"'), repeat(character, min, max), text('"'));
  });
}

export function anyInteger(rules: Rules): Expression {
  return rules.shared('integer', 'integer', () =>
    sequence(optional(text('-')), choice(text('0'), sequence(LEADING_DIGIT, repeat(DIGIT, 0, DIGITS_MAX - 1)))),
  );
}

export function anyNumber(rules: Rules): Expression {
  return rules.shared('number', 'number', () =>
    sequence(
      anyInteger(rules),
      optional(sequence(text('.'), repeat(DIGIT, 1, DIGITS_MAX))),
      optional(
        sequence(
          characters([
            [0x45, 0x45],
            [0x65, 0x65],
          ]),
          optional(
            characters([
              [0x2b, 0x2b],
              [0x2d, 0x2d],
            ]),
          ),
          repeat(DIGIT, 1, 2),
        ),
      ),
    ),
  );
}

export const ANY_BOOLEAN: Expression = choice(text('true'), text('false'));

/** Any JSON value, nested `FREE_DEPTH_MAX` deep at most. */
export function anyValue(rules: Rules, depth = 0): Expression {
  return rules.shared(`value:${depth}`, 'value', () => {
    const flat = [anyString(rules), anyNumber(rules), ANY_BOOLEAN, text('null')];
    return depth >= FREE_DEPTH_MAX ? choice(...flat) : choice(...flat, anyObject(rules, depth), anyArray(rules, depth));
  });
}

/** Any JSON object. */
export function anyObject(rules: Rules, depth = 0): Expression {
  return rules.shared(`object:${depth}`, 'object', () => {
    const member = sequence(anyString(rules), text(':'), GAP, anyValue(rules, depth + 1));
    return listOf('{', member, '}');
  });
}

export function anyArray(rules: Rules, depth = 0): Expression {
  return rules.shared(`array:${depth}`, 'array', () => listOf('[', anyValue(rules, depth + 1), ']'));
}

/** What stands between two members. */
export const COMMA: Expression = sequence(text(','), GAP);

function listOf(open: string, member: Expression, close: string): Expression {
  return sequence(text(open), choice(EMPTY, sequence(member, repeat(sequence(COMMA, member), 0))), text(close));
}
