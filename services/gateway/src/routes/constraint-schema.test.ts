import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { validate } from '../http/validate.ts';
import { refusalOf } from '../test-support/refusal.ts';
import { constraintParameters, readConstraint } from './constraint-schema.ts';

const schema = z.strictObject(constraintParameters);
const read = (body: unknown) => readConstraint(validate(schema, body));

const CITY = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false };
const jsonSchema = JSON.stringify(CITY);
const named = (change: object) => ({ response_format: { type: 'json_schema', json_schema: { name: 'city', schema: CITY, ...change } } });

describe('what an answer must look like', () => {
  test.each([
    [{ response_format: { type: 'json_object' } }, { jsonObject: true }, 'response_format'],
    [named({ strict: true }), { jsonSchema }, 'response_format.json_schema.schema'],
    [named({ strict: false, description: 'A city.' }), { jsonSchema }, 'response_format.json_schema.schema'],
    [{ guided_json: CITY }, { jsonSchema }, 'guided_json'],
    [{ guided_json: JSON.stringify(CITY, null, 2) }, { jsonSchema }, 'guided_json'],
    [{ guided_regex: '[0-9]+' }, { regex: '[0-9]+' }, 'guided_regex'],
    [{ guided_choice: ['yes', 'no'] }, { choices: { texts: ['yes', 'no'] } }, 'guided_choice'],
    [{ guided_grammar: 'root ::= "x"' }, { grammar: 'root ::= "x"' }, 'guided_grammar'],
    [{ structured_outputs: { json: CITY } }, { jsonSchema }, 'structured_outputs.json'],
    [{ structured_outputs: { regex: 'a|b' } }, { regex: 'a|b' }, 'structured_outputs.regex'],
    [{ structured_outputs: { choice: ['a'] } }, { choices: { texts: ['a'] } }, 'structured_outputs.choice'],
    [{ structured_outputs: { grammar: 'root ::= "x"' } }, { grammar: 'root ::= "x"' }, 'structured_outputs.grammar'],
    [{ structured_outputs: { json_object: true } }, { jsonObject: true }, 'structured_outputs.json_object'],
  ])('is said by %j', (body, constraint, param) => {
    expect(read(body)).toEqual({ param, constraint });
  });

  test.each([{}, { response_format: { type: 'text' } }, { structured_outputs: { json_object: false } }, { guided_json: null }])(
    'is left open by %j',
    (body) => {
      expect(read(body)).toBeUndefined();
    },
  );

  test.each([
    [{ response_format: { type: 'xml' } }, 'invalid_value', 'response_format.type'],
    [{ response_format: { type: 'json_schema' } }, 'missing_required_parameter', 'response_format.json_schema'],
    [named({ name: undefined }), 'missing_required_parameter', 'response_format.json_schema.name'],
    [named({ name: 'a city' }), 'invalid_value', 'response_format.json_schema.name'],
    [named({ schema: undefined }), 'missing_required_parameter', 'response_format.json_schema.schema'],
    [named({ schema: [] }), 'invalid_type', 'response_format.json_schema.schema'],
    [named({ schema: { $comment: 'x'.repeat(270_000) } }), 'invalid_value', 'response_format.json_schema.schema'],
    [{ response_format: { type: 'json_object', json_schema: { name: 'x', schema: {} } } }, 'invalid_value', 'response_format.json_schema'],
    [{ guided_json: '[1]' }, 'invalid_value', 'guided_json'],
    [{ guided_json: '{"type":' }, 'invalid_value', 'guided_json'],
    [{ guided_json: 5 }, 'invalid_type', 'guided_json'],
    [{ guided_choice: [] }, 'empty_array', 'guided_choice'],
    [{ guided_choice: ['a', ''] }, 'invalid_value', 'guided_choice[1]'],
    [{ guided_regex: '' }, 'invalid_value', 'guided_regex'],
    [{ structured_outputs: { structural_tag: '{}' } }, 'unknown_parameter', 'structured_outputs.structural_tag'],
    [{ guided_json: CITY, guided_regex: 'a' }, 'invalid_value', 'guided_regex'],
    [{ response_format: { type: 'json_object' }, guided_choice: ['a'] }, 'invalid_value', 'guided_choice'],
    [{ guided_grammar: 'root ::= "x"', structured_outputs: { regex: 'a' } }, 'invalid_value', 'structured_outputs.regex'],
    [{ structured_outputs: { regex: 'a', json_object: true } }, 'invalid_value', 'structured_outputs.json_object'],
  ])('is refused as %j with %s at %s', (body, code, param) => {
    expect(refusalOf(() => read(body))).toMatchObject({ code, param });
  });

  test('is compiled once, however it was sent', () => {
    const spaced = JSON.stringify(CITY, null, 4);
    expect(read({ guided_json: spaced })?.constraint).toEqual(read(named({}))?.constraint);
  });

  test('is refused where it nests too deep to be written again, and not before', () => {
    const deep = (levels: number): string => `${'{"items":'.repeat(levels)}{}${'}'.repeat(levels)}`;
    const [text, fine] = [deep(10_000), deep(100)];
    const schema: unknown = JSON.parse(text);
    expect(refusalOf(() => read(named({ schema })))).toMatchObject({ code: 'invalid_value', param: 'response_format.json_schema.schema' });
    expect(refusalOf(() => read({ guided_json: schema }))).toMatchObject({ code: 'invalid_value', param: 'guided_json' });
    expect(refusalOf(() => read({ guided_json: text }))).toMatchObject({ code: 'invalid_value', param: 'guided_json' });
    expect(refusalOf(() => read({ structured_outputs: { json: schema } }))).toMatchObject({ param: 'structured_outputs.json' });
    expect(read({ guided_json: JSON.parse(fine) })).toMatchObject({ constraint: { jsonSchema: fine } });
  });
});
