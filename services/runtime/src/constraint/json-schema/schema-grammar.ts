import { Fault } from '@sluice/platform/fault';
import { automatonRules } from '../grammar/automaton-rules.ts';
import { choice, NEVER, sequence, text, type Expression } from '../grammar/expression.ts';
import { ANY_BOOLEAN, anyValue, stringOf } from '../grammar/json-parts.ts';
import { encodeInJson } from '../grammar/json-text.ts';
import { Rules } from '../grammar/rules.ts';
import { writeGbnf } from '../grammar/write-gbnf.ts';
import { Unsupported } from '../unsupported.ts';
import { alternativesOf } from './alternatives.ts';
import { arrayRule, type Compiler } from './array-rule.ts';
import { flatten } from './flatten.ts';
import { isObject, type Json, type JsonObject } from './json.ts';
import { numberRule } from './number-rule.ts';
import { objectRule } from './object-rule.ts';
import { idOf, type Place } from './place.ts';
import { assertRepeatable, shapeOf, type Shape, type Type } from './shape.ts';
import { stringLanguage } from './string-language.ts';
import { valuesRule } from './value-rule.ts';

/** GBNF of JSON that fulfils a schema. Throws a Fault that names the keyword it cannot hold an answer to, below `param`. */
export function schemaGrammar(schema: Json, param: string): string {
  const rules = new Rules();
  try {
    const start = rules.reserve('schema');
    rules.define(start, schemaRule(rules, schema, param));
    return writeGbnf(rules.definitions, start);
  } catch (error) {
    if (error instanceof Unsupported)
      throw new Fault('UNSUPPORTED_VALUE', { message: `Constrained output does not support ${error.message}.`, param });
    throw error;
  }
}

/** The same as one part of a larger grammar. May throw Unsupported, too, when there are too many rules. */
export function schemaRule(rules: Rules, schema: Json, param: string): Expression {
  return placesRule(rules, schema, { param, also: [] });
}

/** The same where nothing but an object may stand, whatever else the schema allows. */
export function objectSchemaRule(rules: Rules, schema: Json, param: string): Expression {
  return placesRule(rules, schema, { param, also: [ANY_OBJECT] });
}

const ANY_OBJECT = { type: 'object' };

/** `also` beside the schema, not around it, so that its references still begin at its root. */
function placesRule(rules: Rules, schema: Json, { param, also }: { param: string; also: readonly JsonObject[] }): Expression {
  if (typeof schema !== 'boolean' && !isObject(schema))
    throw new Fault('INVALID_TYPE', { message: 'A schema must be an object or a boolean.', param });
  const root: Place = { schema, path: param };
  const compiler: Compiler = { rules, compile: (places) => compile(compiler, root, places) };
  return compiler.compile([root, ...also.map((other) => ({ schema: other, path: param }))]);
}

/** One rule for each set of schemas that must hold together, so that a schema may contain itself. */
function compile(compiler: Compiler, root: Place, places: readonly Place[]): Expression {
  const conjunction = flatten(root, places);
  if (conjunction.isImpossible) return NEVER;
  if (conjunction.leaves.length === 0) return anyValue(compiler.rules);
  const ids = conjunction.leaves.map(idOf).sort((a, b) => a - b);
  return compiler.rules.shared(`schemas:${ids.join()}`, 'value', () =>
    choice(...alternativesOf(root, conjunction).map((leaves) => shapeRule(compiler, shapeOf(leaves)))),
  );
}

function shapeRule(compiler: Compiler, shape: Shape): Expression {
  if (shape.values) return valuesRule(shape, shape.values);
  const isOpen = shape.types.size === ALL_TYPES && !shape.isInteger;
  if (isOpen && shape.implied.size === 0) return anyValue(compiler.rules);
  // Keywords about objects without `type` allow everything else, too; whoever writes them means objects.
  const types = isOpen ? shape.implied : shape.types;
  return choice(...[...types].map((type) => typeRule(compiler, type, shape)));
}

const ALL_TYPES = 6;

function typeRule(compiler: Compiler, type: Type, shape: Shape): Expression {
  switch (type) {
    case 'null':
      return text('null');
    case 'boolean':
      return ANY_BOOLEAN;
    case 'number':
      return numberRule(compiler.rules, shape);
    case 'string':
      return stringRule(compiler.rules, shape);
    case 'array':
      return arrayRule(compiler, shape);
    case 'object':
      return objectRule(compiler, shape);
    default:
      return type satisfies never;
  }
}

function stringRule(rules: Rules, shape: Shape): Expression {
  const { min, max } = shape.length;
  if (min > max) return NEVER;
  const language = stringLanguage(shape);
  if (!language) {
    assertRepeatable(shape.leaves, shape.length, ['minLength', 'maxLength']);
    return stringOf(rules, min, max);
  }
  return sequence(text('"'), automatonRules(rules, language, { encode: encodeInJson, end: text('"') }));
}
