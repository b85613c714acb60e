import { automatonRules } from './grammar/automaton-rules.ts';
import { EMPTY } from './grammar/expression.ts';
import { encodeRaw } from './grammar/json-text.ts';
import { Rules } from './grammar/rules.ts';
import { writeGbnf } from './grammar/write-gbnf.ts';
import { determinise } from './language/determinise.ts';
import { choice, literal, type Pattern } from './language/pattern.ts';
import { parsePattern } from './language/parse-pattern.ts';

/** GBNF of the texts that a regular expression matches from beginning to end. Throws Unsupported. */
export function regexGrammar(source: string): string {
  return grammarOf(parsePattern(source));
}

/** GBNF of these texts and no others. */
export function choiceGrammar(texts: readonly string[]): string {
  return grammarOf(choice(...texts.map(literal)));
}

function grammarOf(pattern: Pattern): string {
  const rules = new Rules();
  const start = rules.reserve('text');
  rules.define(start, automatonRules(rules, determinise(pattern), { encode: encodeRaw, end: EMPTY }));
  return writeGbnf(rules.definitions, start);
}
