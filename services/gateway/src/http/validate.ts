import type { FaultCode } from '@sluice/platform/codes';
import { Fault } from '@sluice/platform/fault';
import type { z } from 'zod';
import { kindOf, quoteAll, withArticle } from './value-kind.ts';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** A schema's own error text that starts so names what it expects better than zod does: `expected: array of objects`. */
export const EXPECTED = 'expected: ';
/** As the error text of a bound: the number is a whole one. */
export const INTEGER = 'integer';
/** Names that a client made up are cut in messages. */
const NAME_LENGTH_MAX = 100;

/** Checks a request body. Throws the first thing wrong with it as a Fault in OpenAI's own words, with its `param`. */
export function validate<Schema extends z.ZodType>(schema: Schema, body: unknown): z.infer<Schema> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw issue ? toFault(issue, issue.path, body) : new Fault('INVALID_REQUEST', { message: 'Invalid request body.' });
}

/** The `params` of a refinement that names its own code; the message gets the parameter's name in place of %s. */
export type RefusalParams = { readonly code: FaultCode; readonly message: string };

function toFault(issue: Issue, path: Path, body: unknown): Fault {
  const param = toParam(path);
  const value = valueAt(body, path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return fault('UNKNOWN_PARAMETER', toParam([...path, issue.keys[0] ?? '']), (name) => `Unknown parameter: '${name}'.`);
    case 'invalid_type':
      return wrongType(param, value, expectedKind(issue));
    case 'invalid_union':
      return fromUnion(issue, { path, body });
    case 'invalid_value':
      return wrongValue(param, value, issue.values.map(String));
    case 'too_small':
      return outOfBounds(param, value, { isInteger: isOfInteger(issue), bound: Number(issue.minimum), side: 'below' });
    case 'too_big':
      return outOfBounds(param, value, { isInteger: isOfInteger(issue), bound: Number(issue.maximum), side: 'above' });
    case 'custom':
      return fromRefinement(issue, param);
    default:
      return fault('INVALID_VALUE', param, (name) => `Invalid value for '${name}'.`);
  }
}

/** Of a union's branches the one that the value's own kind points at; its complaint is the one to show. */
function fromUnion(issue: Extract<Issue, { code: 'invalid_union' }>, at: { path: Path; body: unknown }): Fault {
  const value = valueAt(at.body, at.path);
  const isWrongKind = (issues: readonly Issue[]): boolean =>
    issues.some(
      ({ code, path }) => path.length === 0 && (code === 'invalid_type' || (code === 'invalid_value' && typeof value !== 'string')),
    );
  const [inner] = issue.errors.find((issues) => !isWrongKind(issues)) ?? [];
  if (inner) return toFault(inner, [...at.path, ...inner.path], at.body);
  const [first, ...others] = issue.errors.flatMap(([wrong]) => {
    if (wrong?.code === 'invalid_type') return [expectedKind(wrong)];
    // A list of names, all of them texts.
    return wrong?.code === 'invalid_value' ? ['string'] : [];
  });
  const kinds = [withArticle(first ?? 'value'), ...others].join(' or ');
  return wrongType(toParam(at.path), value, `one of ${kinds}`);
}

function fromRefinement(issue: Extract<Issue, { code: 'custom' }>, param: string): Fault {
  const refusal = issue.params as RefusalParams | undefined;
  if (!refusal) return fault('INVALID_VALUE', param, (name) => `Invalid value for '${name}'.`);
  return fault(refusal.code, param, (name) => refusal.message.replaceAll('%s', name));
}

function wrongType(param: string, value: unknown, expected: string): Fault {
  if (value === undefined) return fault('MISSING_PARAMETER', param, (name) => `Missing required parameter: '${name}'.`);
  const wanted = expected.startsWith('one of ') ? expected : withArticle(expected);
  if (param === '')
    return new Fault('INVALID_TYPE', { message: `Invalid body: expected ${wanted}, but got ${withArticle(kindOf(value))} instead.` });
  return fault(
    'INVALID_TYPE',
    param,
    (name) => `Invalid type for '${name}': expected ${wanted}, but got ${withArticle(kindOf(value))} instead.`,
  );
}

function wrongValue(param: string, value: unknown, supported: readonly string[]): Fault {
  if (typeof value !== 'string') return wrongType(param, value, `one of ${quoteAll(supported, 'or')}`);
  return fault(
    'INVALID_VALUE',
    param,
    () => `Invalid value: '${value.slice(0, NAME_LENGTH_MAX)}'. Supported values are: ${quoteAll(supported, 'and')}.`,
  );
}

type Bound = { readonly isInteger: boolean; readonly bound: number; readonly side: 'below' | 'above' };

function outOfBounds(param: string, value: unknown, { isInteger, bound, side }: Bound): Fault {
  const isBelow = side === 'below';
  const extreme = isBelow ? 'minimum' : 'maximum';
  if (Array.isArray(value)) {
    if (isBelow) {
      return fault(
        'EMPTY_ARRAY',
        param,
        (name) => `Invalid '${name}': empty array. Expected an array with minimum length ${bound}, but got an empty array instead.`,
      );
    }
    return fault(
      'ARRAY_ABOVE_MAX_LENGTH',
      param,
      (name) =>
        `Invalid '${name}': array too long. Expected an array with maximum length ${bound}, but got an array with length ${value.length} instead.`,
    );
  }
  if (typeof value === 'string') {
    const code = isBelow ? 'INVALID_VALUE' : 'STRING_ABOVE_MAX_LENGTH';
    const kind = isBelow ? 'short' : 'long';
    return fault(
      code,
      param,
      (name) =>
        `Invalid '${name}': string too ${kind}. Expected a string with ${extreme} length ${bound}, but got a string with length ${value.length} instead.`,
    );
  }
  const kind = isInteger ? 'integer' : 'decimal';
  const code = `${isInteger ? 'INTEGER' : 'DECIMAL'}_${isBelow ? 'BELOW_MIN' : 'ABOVE_MAX'}_VALUE` as const;
  return fault(
    code,
    param,
    (name) =>
      `Invalid '${name}': ${kind} ${side} ${extreme} value. Expected a value ${isBelow ? '>=' : '<='} ${bound}, but got ${String(value)} instead.`,
  );
}

function isOfInteger(issue: Extract<Issue, { code: 'too_small' | 'too_big' }>): boolean {
  return issue.message === INTEGER || issue.origin === 'int';
}

function fault(code: FaultCode, param: string, message: (name: string) => string): Fault {
  return new Fault(code, { message: message(param), param: param === '' ? undefined : param });
}

function expectedKind(issue: Extract<Issue, { code: 'invalid_type' }>): string {
  if (issue.message.startsWith(EXPECTED)) return issue.message.slice(EXPECTED.length);
  switch (issue.expected) {
    case 'int':
      return 'integer';
    case 'number':
      return 'decimal';
    case 'record':
      return 'object';
    default:
      return issue.expected;
  }
}

/** `messages[0].content`, as OpenAI writes it. */
function toParam(path: Path): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    const name = String(key).slice(0, NAME_LENGTH_MAX);
    return text === '' ? name : `${text}.${name}`;
  }, '');
}

function valueAt(body: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined), body);
}
