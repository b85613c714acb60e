import { Fault } from '@sluice/platform/fault';
import { z } from 'zod';
import { validate } from './validate.ts';

type Value = string | string[] | Record<string, string>;

const NAME_LENGTH_MAX = 100;

/**
 * Checks the query of a URL. Lists may be written `name[]=a&name[]=b`, as OpenAI's SDK does, or `name=a&name=b`; a range is
 * `name[gte]=1`. `name=`, which is how the SDK writes null, gives nothing; but an empty filter is no wider for it. Throws the first thing wrong with it as a Fault with its `param`; what the schema does not name is wrong.
 */
export function parseQuery<Schema extends z.ZodObject>(schema: Schema, url: string): z.infer<Schema> {
  const at = url.indexOf('?');
  const values = readValues(new URLSearchParams(at === -1 ? '' : url.slice(at + 1)));
  const given = Object.entries(values).filter(([name, value]) => value !== '' || !mayBeLeftEmpty(schema.shape[name]));
  return validate(schema, convert(schema, Object.fromEntries(given)));
}

function mayBeLeftEmpty(schema: z.core.$ZodType | undefined): boolean {
  return schema !== undefined && !(unwrap(schema) instanceof z.ZodArray);
}

function readValues(params: URLSearchParams): Record<string, Value> {
  const values: Record<string, Value> = Object.create(null);
  for (const [key, text] of params) {
    const [, name, inner] = /^([^[\]]+)(?:\[([^[\]]*)\])?$/.exec(key) ?? [];
    if (name === undefined) throw unknown(key);
    values[name] = join(key, values[name], { inner, text });
  }
  return values;
}

function join(key: string, known: Value | undefined, { inner, text }: { inner: string | undefined; text: string }): Value {
  const isRange = inner !== undefined && inner !== '';
  if (known === undefined) return isRange ? { [inner]: text } : inner === '' ? [text] : text;
  if (isRange && typeof known === 'object' && !Array.isArray(known)) return { ...known, [inner]: text };
  if (!isRange && (typeof known === 'string' || Array.isArray(known))) return [known, text].flat();
  throw new Fault('INVALID_VALUE', { message: `Invalid value for '${cut(key)}'.`, param: cut(key) });
}

/** A query knows only text; what the schema wants as something else becomes that where it reads like it. */
function convert(schema: z.core.$ZodType, value: unknown): unknown {
  const wanted = unwrap(schema);
  if (wanted instanceof z.ZodObject && typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const shape = wanted.shape as Record<string, z.core.$ZodType>;
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name, Object.hasOwn(shape, name) ? convert(shape[name] ?? z.unknown(), inner) : inner]),
    );
  }
  if (wanted instanceof z.ZodArray) return [value].flat().map((item) => convert(wanted.element, item));
  if (typeof value !== 'string') return value;
  if (wanted instanceof z.ZodNumber) return /^-?\d{1,15}(\.\d{1,15})?$/.test(value) ? Number(value) : value;
  if (wanted instanceof z.ZodBoolean) return value === 'true' ? true : value === 'false' ? false : value;
  return value;
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) {
    return unwrap(schema.def.innerType);
  }
  return schema instanceof z.ZodPipe ? unwrap(schema.def.out) : schema;
}

function unknown(key: string): Fault {
  return new Fault('UNKNOWN_PARAMETER', { message: `Unknown parameter: '${cut(key)}'.`, param: cut(key) });
}

function cut(key: string): string {
  return key.slice(0, NAME_LENGTH_MAX);
}
