import { expect } from '@jest/globals';
import type { Json } from '../constraint/json-schema/json.ts';
import { schemaGrammar } from '../constraint/json-schema/schema-grammar.ts';
import { matchesGbnf } from './gbnf-matcher.ts';
import { createValidator } from './validator.ts';

/** A schema with values that fulfil it, and values that do not. */
export type SchemaExample = { readonly name: string; readonly schema: Json; readonly yes: readonly Json[]; readonly no: readonly Json[] };

/** Expects its grammar to take what fulfils it and nothing else; ajv says so, too. */
export function checkSchemaExample({ schema, yes, no }: SchemaExample): void {
  const matches = matchesGbnf(schemaGrammar(schema, 'schema'));
  const validate = createValidator(schema);
  for (const value of yes) {
    expect({ value, valid: validate(value) }).toEqual({ value, valid: true });
    expect({ value, matches: matches(JSON.stringify(value)) }).toEqual({ value, matches: true });
  }
  for (const value of no) {
    expect({ value, valid: validate(value) }).toEqual({ value, valid: false });
    expect({ value, matches: matches(JSON.stringify(value)) }).toEqual({ value, matches: false });
  }
}
