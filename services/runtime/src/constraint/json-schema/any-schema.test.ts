import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { Fault } from '@sluice/platform/fault';
import { matchesGbnf } from '../../test-support/gbnf-matcher.ts';
import { flatSchemas } from '../../test-support/flat-schemas.ts';
import { mutated } from '../../test-support/mutated-value.ts';
import { schemaCases } from '../../test-support/schema-arbitrary.ts';
import { createValidator } from '../../test-support/validator.ts';
import type { Json } from './json.ts';
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

  test(
    'of branches that exclude each other takes what one of them takes, and is refused where a value may match two',
    () => {
      const cases = fc
        .tuple(flatSchemas, flatSchemas)
        .chain(([a, b]) =>
          fc.tuple(fc.constant({ oneOf: [a.schema, b.schema] }), fc.array(fc.oneof(a.values, b.values), { minLength: 4, maxLength: 4 })),
        );
      let held = 0;
      fc.assert(
        fc.property(cases, ([schema, values]) => {
          const grammar = grammarOf(schema);
          if (grammar === undefined) return;
          held++;
          const matches = matchesGbnf(grammar);
          const validate = createValidator(schema);
          for (const value of values) expect([value, matches(JSON.stringify(value))]).toEqual([value, validate(value)]);
        }),
        { numRuns: RUNS * 10 },
      );
      expect(held).toBeGreaterThan(RUNS);
    },
    TIMEOUT_MS,
  );
});

/** Undefined for branches that may both match. */
function grammarOf(schema: Json): string | undefined {
  try {
    return schemaGrammar(schema, 'schema');
  } catch (error) {
    if (error instanceof Fault && error.param === 'schema.oneOf') return undefined;
    throw error;
  }
}
