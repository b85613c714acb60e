import { describe, test } from '@jest/globals';
import * as fc from 'fast-check';
import { matchesGbnf } from '../../test-support/gbnf-matcher.ts';
import { mutated, schemaCases } from '../../test-support/schema-arbitrary.ts';
import { createValidator } from '../../test-support/validator.ts';
import { schemaGrammar } from './schema-grammar.ts';

const RUNS = 100;
const TIMEOUT_MS = 120_000;

describe('any schema made a grammar', () => {
  test(
    'takes the values that were made to fulfil it',
    () => {
      const cases = schemaCases.chain(({ schema, values }) =>
        fc.tuple(fc.constant(schema), fc.array(values, { minLength: 3, maxLength: 3 })),
      );
      fc.assert(
        fc.property(cases, ([schema, values]) => {
          const matches = matchesGbnf(schemaGrammar(schema, 'schema'));
          const validate = createValidator(schema);
          return values.every((value) => validate(value) && matches(JSON.stringify(value)));
        }),
        { numRuns: RUNS },
      );
    },
    TIMEOUT_MS,
  );

  test(
    'takes nothing that a validator refuses',
    () => {
      const cases = schemaCases.chain(({ schema, values }) =>
        fc.tuple(
          fc.constant(schema),
          fc.array(
            values.chain(mutated).chain((value) => fc.oneof(fc.constant(value), mutated(value))),
            { minLength: 6, maxLength: 6 },
          ),
        ),
      );
      let refused = 0;
      fc.assert(
        fc.property(cases, ([schema, values]) => {
          const matches = matchesGbnf(schemaGrammar(schema, 'schema'));
          const validate = createValidator(schema);
          const wrong = values.filter((value) => !validate(value));
          refused += wrong.length;
          return wrong.every((value) => !matches(JSON.stringify(value)));
        }),
        { numRuns: RUNS },
      );
      // Otherwise the changes were too mild to show anything.
      if (refused < RUNS) throw new Error(`only ${refused} values were wrong`);
    },
    TIMEOUT_MS,
  );
});
