import { Ajv2020 } from 'ajv/dist/2020.js';
import { Ajv } from 'ajv';
import ajvFormats from 'ajv-formats';
import type { Json } from '../constraint/json-schema/json.ts';

const draft7 = new Ajv({ strict: false });
const draft2020 = new Ajv2020({ strict: false });
ajvFormats.default(draft7);
ajvFormats.default(draft2020);

/** What decides in tests whether a value fulfils a schema: ajv, with its formats in full. */
export function createValidator(schema: Json): (value: unknown) => boolean {
  const ajv = JSON.stringify(schema).includes('"items":[') ? draft7 : draft2020;
  const validate = ajv.compile(schema as object | boolean);
  return (value) => validate(value);
}
