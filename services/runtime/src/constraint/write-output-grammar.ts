import { Fault } from '@sluice/platform/fault';
import { callsRule } from './calls-rule.ts';
import { constraintRule } from './constraint-rule.ts';
import { choice, EMPTY, sequence, text, type Expression } from './grammar/expression.ts';
import { Rules } from './grammar/rules.ts';
import { writeGbnf } from './grammar/write-gbnf.ts';
import { charactersOf } from './language/code-points.ts';
import { mayBeginWithSpace, type OutputSource } from './output-source.ts';
import { PARAMS } from './params.ts';
import { thoughtsRule } from './thoughts-rule.ts';
import { Unsupported } from './unsupported.ts';

/** GBNF of everything that a model may say to a request. Throws a Fault that names what cannot be held. */
export function writeOutputGrammar({ thoughts, contentBegin, constraint, calls }: OutputSource): string {
  const rules = new Rules();
  const param = constraint ? PARAMS[constraint.kind] : 'tools';
  // Only line breaks where the answer itself may begin with a space: whoever reads the output must tell them apart.
  const margin = charactersOf(mayBeginWithSpace(constraint) ? '\n' : ' \n');
  try {
    const answers: Expression[] = [
      ...(constraint ? [sequence(text(contentBegin), constraintRule(rules, constraint))] : []),
      ...(calls ? [callsRule(rules, calls)] : []),
    ];
    const start = rules.reserve('output');
    rules.define(start, sequence(thoughts ? thoughtsRule(rules, thoughts, margin) : EMPTY, choice(...answers)));
    return writeGbnf(rules.definitions, start);
  } catch (error) {
    if (error instanceof Unsupported)
      throw new Fault('UNSUPPORTED_VALUE', { message: `Constrained output does not support ${error.message}.`, param, cause: error });
    // The stack ends before anything else would notice.
    if (error instanceof RangeError)
      throw new Fault('UNSUPPORTED_VALUE', { message: 'Constrained output does not support so deep a nesting.', param });
    throw error;
  }
}
