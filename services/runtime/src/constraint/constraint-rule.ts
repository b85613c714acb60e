import { Fault } from '@sluice/platform/fault';
import { automatonRules } from './grammar/automaton-rules.ts';
import { EMPTY, type Expression } from './grammar/expression.ts';
import { gbnfRule } from './grammar/gbnf-rule.ts';
import { anyObject } from './grammar/json-parts.ts';
import { encodeRaw } from './grammar/json-text.ts';
import type { Rules } from './grammar/rules.ts';
import { wordsRule } from './grammar/words-rule.ts';
import type { Json } from './json-schema/json.ts';
import { schemaRule } from './json-schema/schema-grammar.ts';
import { determinise } from './language/determinise.ts';
import { parsePattern } from './language/parse-pattern.ts';
import type { ConstraintSource } from './output-source.ts';
import { PARAMS } from './params.ts';

/** Longer ones are data, not schemas. */
const SCHEMA_LENGTH_MAX = 262_144;
const CHOICES_MAX = 1_024;
const CHOICES_LENGTH_MAX = 50_000;

/** What a constraint allows. Throws a Fault, or Unsupported. */
export function constraintRule(rules: Rules, source: ConstraintSource): Expression {
  switch (source.kind) {
    case 'jsonObject':
      return anyObject(rules);
    case 'jsonSchema':
      return schemaRule(rules, parseSchema(source.schema), PARAMS.jsonSchema);
    case 'regex':
      return regexRule(rules, source.pattern);
    case 'choices':
      return choicesRule(source.texts);
    case 'grammar':
      return gbnfRule(rules, source.gbnf, PARAMS.grammar);
    default:
      return source satisfies never;
  }
}

/** The whole answer, as vLLM has it, whether or not the pattern says so. */
function regexRule(rules: Rules, pattern: string): Expression {
  if (pattern === '') throw new Fault('INVALID_VALUE', { message: 'The pattern is empty.', param: PARAMS.regex });
  return automatonRules(rules, determinise(parsePattern(pattern)), { encode: encodeRaw, end: EMPTY });
}

function choicesRule(texts: readonly string[]): Expression {
  const param = PARAMS.choices;
  if (texts.length === 0) throw new Fault('EMPTY_ARRAY', { message: 'There must be at least one choice.', param });
  if (texts.length > CHOICES_MAX)
    throw new Fault('ARRAY_ABOVE_MAX_LENGTH', { message: `There may be ${CHOICES_MAX} choices at most.`, param });
  texts.forEach((text, i) => {
    if (text === '' || text.includes('\0') || !text.isWellFormed())
      throw new Fault('INVALID_VALUE', {
        message: 'A choice must be a text that is not empty, and that can be written in UTF-8.',
        param: `${param}[${i}]`,
      });
  });
  const length = texts.reduce((sum, text) => sum + text.length, 0);
  if (length > CHOICES_LENGTH_MAX)
    throw new Fault('STRING_ABOVE_MAX_LENGTH', {
      message: `All choices together may have ${CHOICES_LENGTH_MAX} characters at most.`,
      param,
    });
  return wordsRule(texts);
}

function parseSchema(json: string): Json {
  const param = PARAMS.jsonSchema;
  if (json.length > SCHEMA_LENGTH_MAX)
    throw new Fault('STRING_ABOVE_MAX_LENGTH', { message: `A schema may have ${SCHEMA_LENGTH_MAX} characters at most.`, param });
  try {
    return JSON.parse(json) as Json;
  } catch (error) {
    throw new Fault('INVALID_JSON', { message: 'The schema is not valid JSON.', param, cause: error });
  }
}
