import { automatonRules } from './grammar/automaton-rules.ts';
import { characters, choice, EMPTY, repeat, ruleNamed, sequence, text, type Expression } from './grammar/expression.ts';
import { encodeRaw } from './grammar/json-text.ts';
import type { Rules } from './grammar/rules.ts';
import { ANY_CHARACTER, type CodePoints } from './language/code-points.ts';
import { butNot } from './language/combine.ts';
import { determinise } from './language/determinise.ts';
import { characters as oneOf, literal, repeat as repeated, sequence as inOrder } from './language/pattern.ts';
import type { ThoughtsSource } from './output-source.ts';

/** Models put an empty line between thoughts and answer. */
export const MARGIN_MAX = 4;

/** Thoughts up to their end, and the margin after it; or none, where the prompt has not begun them. */
export function thoughtsRule(rules: Rules, { begin, end, isOpen }: ThoughtsSource, margin: CodePoints): Expression {
  const character = oneOf(ANY_CHARACTER);
  const ending = inOrder(repeated(character, 0), literal(end));
  // The first end is the end, so nothing goes on after one.
  const once = butNot(determinise(ending), determinise(inOrder(ending, repeated(character, 1))));
  const thoughts = sequence(automatonRules(rules, once, { encode: encodeRaw, end: EMPTY }), repeat(characters(margin), 0, MARGIN_MAX));
  if (isOpen) return thoughts;
  const name = rules.reserve('thoughts');
  rules.define(name, choice(EMPTY, sequence(text(begin), thoughts)));
  return ruleNamed(name);
}
