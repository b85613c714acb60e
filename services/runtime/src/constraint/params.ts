/** The names that the constraints have in requests; the gateway knows the one that was used. */
export const PARAMS = {
  jsonObject: 'response_format',
  jsonSchema: 'response_format.json_schema.schema',
  regex: 'guided_regex',
  choices: 'guided_choice',
  grammar: 'guided_grammar',
} as const;
