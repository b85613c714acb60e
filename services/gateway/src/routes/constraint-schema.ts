import { Fault } from '@sluice/platform/fault';
import { isDeeperThan, JSON_DEPTH_MAX } from '@sluice/platform/json-depth';
import type { Constraint } from '@sluice/proto/v1/Constraint';
import { z } from 'zod';
import { boundedArray } from './bounded-array.ts';
import { anyObject, identifier, isGiven, text, TOO_DEEP } from './scalars.ts';

/** Bound the work before anything is compiled. */
const SCHEMA_LENGTH_MAX = 262_144;
const GRAMMAR_LENGTH_MAX = 262_144;
const REGEX_LENGTH_MAX = 16_384;
const CHOICES_MAX = 1_024;
const CHOICE_LENGTH_MAX = 4_096;
const DESCRIPTION_LENGTH_MAX = 16_384;

const json = z.union([anyObject(), z.string().max(SCHEMA_LENGTH_MAX)]).nullish();
const regex = z.string().min(1).max(REGEX_LENGTH_MAX).nullish();
const choice = boundedArray(z.string().min(1).max(CHOICE_LENGTH_MAX), { min: 1, max: CHOICES_MAX, of: 'strings' }).nullish();
const grammar = z.string().min(1).max(GRAMMAR_LENGTH_MAX).nullish();

const responseFormat = z.strictObject({
  type: z.enum(['text', 'json_object', 'json_schema']),
  json_schema: z
    .strictObject({
      name: identifier(),
      description: text(DESCRIPTION_LENGTH_MAX).nullish(),
      // Every schema is held to, so that it changes nothing.
      strict: z.boolean().nullish(),
      schema: anyObject(),
    })
    .nullish(),
});

/** What the answer must look like: OpenAI's way to say it, and vLLM's two. */
export const constraintParameters = {
  response_format: responseFormat.nullish(),
  guided_json: json,
  guided_regex: regex,
  guided_choice: choice,
  guided_grammar: grammar,
  structured_outputs: z.strictObject({ json, regex, choice, grammar, json_object: z.boolean().nullish() }).nullish(),
} as const;

type ConstraintParameters = z.infer<z.ZodObject<typeof constraintParameters>>;

/** A constraint, and the parameter it came in. */
export type NamedConstraint = { readonly param: string; readonly constraint: Constraint };

/** Undefined when anything may be answered. Throws when two parameters constrain the answer. */
export function readConstraint(body: ConstraintParameters): NamedConstraint | undefined {
  const { structured_outputs: structured } = body;
  const [first, second] = [
    ...ofResponseFormat(body.response_format),
    ...ofGuides(
      { json: body.guided_json, regex: body.guided_regex, choice: body.guided_choice, grammar: body.guided_grammar },
      (kind) => `guided_${kind}`,
    ),
    ...ofGuides(structured ?? {}, (kind) => `structured_outputs.${kind}`),
    ...(structured?.json_object ? [{ param: 'structured_outputs.json_object', constraint: { jsonObject: true } }] : []),
  ];
  if (first && second) {
    throw new Fault('INVALID_VALUE', {
      message: `'${first.param}' and '${second.param}' both say what the answer must look like. Only one of them may.`,
      param: second.param,
    });
  }
  return first;
}

function ofResponseFormat(format: ConstraintParameters['response_format']): readonly NamedConstraint[] {
  if (!format) return [];
  const { type, json_schema: named } = format;
  if (type !== 'json_schema' && named) {
    throw new Fault('INVALID_VALUE', {
      message: "'response_format.json_schema' is only allowed when 'response_format.type' is 'json_schema'.",
      param: 'response_format.json_schema',
    });
  }
  if (type === 'text') return [];
  if (type === 'json_object') return [{ param: 'response_format', constraint: { jsonObject: true } }];
  if (!named) {
    const param = 'response_format.json_schema';
    throw new Fault('MISSING_PARAMETER', { message: `Missing required parameter: '${param}'.`, param });
  }
  const param = 'response_format.json_schema.schema';
  return [{ param, constraint: { jsonSchema: toSchemaText(named.schema, param) } }];
}

type Guides = Pick<NonNullable<ConstraintParameters['structured_outputs']>, 'json' | 'regex' | 'choice' | 'grammar'>;

function ofGuides(guides: Guides, paramOf: (kind: keyof Guides) => string): readonly NamedConstraint[] {
  const found: NamedConstraint[] = [];
  if (isGiven(guides.json)) found.push({ param: paramOf('json'), constraint: { jsonSchema: toSchemaText(guides.json, paramOf('json')) } });
  if (isGiven(guides.regex)) found.push({ param: paramOf('regex'), constraint: { regex: guides.regex } });
  if (isGiven(guides.choice)) found.push({ param: paramOf('choice'), constraint: { choices: { texts: guides.choice } } });
  if (isGiven(guides.grammar)) found.push({ param: paramOf('grammar'), constraint: { grammar: guides.grammar } });
  return found;
}

/** The same schema gives the same text, however it was sent: compiled schemas are kept by their text. */
function toSchemaText(schema: Record<string, unknown> | string, param: string): string {
  const written = JSON.stringify(typeof schema === 'string' ? parseSchema(schema, param) : schema);
  if (written.length <= SCHEMA_LENGTH_MAX) return written;
  throw new Fault('INVALID_VALUE', { message: `Invalid '${param}': a schema may have at most ${SCHEMA_LENGTH_MAX} characters.`, param });
}

function parseSchema(written: string, param: string): object {
  let schema: unknown;
  try {
    schema = JSON.parse(written);
  } catch {
    // Whatever it is, it is refused below.
  }
  if (isDeeperThan(schema, JSON_DEPTH_MAX)) throw new Fault(TOO_DEEP.code, { message: TOO_DEEP.message.replace('%s', param), param });
  if (typeof schema === 'object' && schema !== null && !Array.isArray(schema)) return schema;
  throw new Fault('INVALID_VALUE', {
    message: `Invalid '${param}': expected a JSON schema, as an object or as the JSON text of one.`,
    param,
  });
}
