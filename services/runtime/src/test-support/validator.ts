import { Ajv2020 } from 'ajv/dist/2020.js';
import { Ajv } from 'ajv';
import ajvFormats from 'ajv-formats';
import type { Json } from '../constraint/json-schema/json.ts';

/** What decides in tests whether a value fulfils a schema: ajv, with its formats in full. */
export function createValidator(schema: Json): (value: unknown) => boolean {
  const isDraft7 = JSON.stringify(schema).includes('"items":[');
  const ajv = isDraft7 ? new Ajv({ strict: false }) : new Ajv2020({ strict: false });
  ajvFormats.default(ajv);
  const validate = ajv.compile(schema as object | boolean);
  return (value) => validate(value) === true;
}
