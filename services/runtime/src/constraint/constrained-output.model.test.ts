import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { GREEDY } from '../engine/greedy.ts';
import type { LoadedModel } from '../models/load-model.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import { generate, loadDemoModel, scheduleOn, type GreedyResult } from '../test-support/demo-model.ts';
import { schemaCases } from '../test-support/schema-arbitrary.ts';
import { createValidator } from '../test-support/validator.ts';
import { GrammarCache } from './grammar-cache.ts';
import type { Json } from './json-schema/json.ts';
import type { ConstraintSource, OutputSource } from './output-source.ts';
import { writeOutputGrammar } from './write-output-grammar.ts';

const SEEDS = [1, 2, 3, 4, 5, 6];
const TOKENS_MAX = 300;

const person = {
  type: 'object',
  properties: {
    name: { type: 'string', maxLength: 30 },
    age: { type: 'integer', minimum: 0, maximum: 150 },
    city: { type: 'string', maxLength: 30 },
  },
  required: ['name', 'age', 'city'],
  additionalProperties: false,
} as const;

/** Schemas that an answer at random comes to an end with. */
const SCHEMAS: Readonly<Record<string, Json>> = {
  person,
  people: { type: 'array', items: person, minItems: 2, maxItems: 3 },
  'optional properties': {
    type: 'object',
    properties: { a: { type: 'boolean' }, b: { enum: ['x', 'y'] }, c: { type: ['integer', 'null'] } },
  },
  'a dictionary': { type: 'object', additionalProperties: { type: 'integer', minimum: 1, maximum: 3 }, minProperties: 1, maxProperties: 3 },
  'further properties': {
    type: 'object',
    properties: { id: { type: 'integer' } },
    required: ['id'],
    additionalProperties: { type: 'boolean' },
    maxProperties: 3,
  },
  pattern: {
    type: 'object',
    properties: { code: { type: 'string', pattern: '^[A-Z]{3}-\\d{2,4}$' }, key: { type: 'string', pattern: 'x', maxLength: 12 } },
    required: ['code', 'key'],
  },
  formats: {
    type: 'array',
    prefixItems: ['date', 'time', 'date-time', 'uuid', 'ipv4', 'ipv6', 'duration'].map((format) => ({ type: 'string', format })),
    minItems: 7,
  },
  addresses: {
    type: 'array',
    prefixItems: ['email', 'hostname', 'uri'].map((format) => ({ type: 'string', format, maxLength: 40 })),
    minItems: 3,
  },
  numbers: {
    type: 'array',
    prefixItems: [
      { type: 'number', minimum: -1.5, exclusiveMaximum: 2.25 },
      { type: 'number', exclusiveMinimum: 0, maximum: 1 },
      { type: 'integer', exclusiveMinimum: -10, maximum: 1000 },
      { type: 'number' },
    ],
    minItems: 4,
  },
  shapes: {
    oneOf: [
      {
        type: 'object',
        properties: { kind: { const: 'circle' }, radius: { type: 'number', minimum: 0, maximum: 9 } },
        required: ['kind', 'radius'],
        additionalProperties: false,
      },
      {
        type: 'object',
        properties: {
          kind: { const: 'box' },
          sides: { type: 'array', items: { type: 'integer', minimum: 1, maximum: 99 }, minItems: 2, maxItems: 2 },
        },
        required: ['kind', 'sides'],
        additionalProperties: false,
      },
    ],
  },
  'a list that contains itself': {
    $defs: {
      node: {
        type: 'object',
        properties: { value: { type: 'boolean' }, next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } },
        required: ['value', 'next'],
        additionalProperties: false,
      },
    },
    $ref: '#/$defs/node',
  },
  'all at once': {
    allOf: [
      { type: 'object', properties: { n: { type: 'integer', minimum: 5 } }, required: ['n'] },
      { properties: { n: { maximum: 7 }, s: { type: 'string', maxLength: 3 } } },
    ],
  },
};

describe('an answer of the demo model at temperature 1', () => {
  let model: LoadedModel;
  let scheduler: Scheduler;
  const grammars = new GrammarCache({ write: async (source) => writeOutputGrammar(source) });
  beforeAll(async () => {
    model = await loadDemoModel({ slots: 8, contextTokens: 1024, batchTokens: 256 });
    scheduler = scheduleOn(model);
  });
  afterAll(async () => {
    await scheduler.close();
    await model.engine.close();
  });

  const answers = async (source: OutputSource, seeds: readonly number[], maxTokens = TOKENS_MAX): Promise<GreedyResult[]> => {
    const grammar = await grammars.get(model.engine, source);
    const messages = [{ role: 'user', content: 'Extract the data as JSON: Anna is 31 years old and lives in Rome.' }];
    const prompt = model.encodePrompt({ kind: 'chat', messages, tools: undefined, extra: {} });
    return Promise.all(
      seeds.map((seed) => generate(model, scheduler, { prompt, maxTokens, sampling: { ...GREEDY, temperature: 1, seed, grammar } })),
    );
  };
  const only = (constraint: ConstraintSource): OutputSource => ({ thoughts: undefined, contentBegin: '', calls: undefined, constraint });
  const schemaSource = (schema: Json): OutputSource => only({ kind: 'jsonSchema', schema: JSON.stringify(schema) });

  test.each(Object.entries(SCHEMAS))('fulfils its schema, or says that it was cut: %s', async (_name, schema) => {
    const validate = createValidator(schema);
    const all = await answers(schemaSource(schema), SEEDS);
    const complete = all.filter(({ reason }) => reason === 'EOS');
    for (const { text } of complete) expect({ text, valid: validate(JSON.parse(text)) }).toEqual({ text, valid: true });
    expect(complete.length).toBeGreaterThan(0);
    expect(
      all
        .filter(({ reason }) => reason !== 'EOS')
        .every(({ reason, completionTokens }) => reason === 'LENGTH' && completionTokens === TOKENS_MAX),
    ).toBe(true);
  });

  test('ends by itself where the schema has an end', async () => {
    const all = await answers(schemaSource(person), SEEDS);
    expect(all.map(({ reason }) => reason)).toEqual(SEEDS.map(() => 'EOS'));
  });

  test('that is cut short says so', async () => {
    const [cut] = await answers(schemaSource(person), [1], 5);
    expect(cut).toMatchObject({ reason: 'LENGTH', completionTokens: 5 });
  });

  test('is one of the choices', async () => {
    const texts = ['positive', 'negative', 'neutral', 'so so', 'Ünïcode 🦊'];
    const all = await answers(only({ kind: 'choices', texts }), SEEDS);
    for (const { text, reason } of all) expect({ known: texts.includes(text), reason }).toEqual({ known: true, reason: 'EOS' });
  });

  test('is matched by the regular expression from beginning to end', async () => {
    const all = await answers(only({ kind: 'regex', pattern: '(\\d{1,3}\\.){3}\\d{1,3}|[é-ü]{2,5}!' }), SEEDS);
    for (const { text, reason } of all)
      expect({ text, reason }).toEqual({ text: expect.stringMatching(/^((\d{1,3}\.){3}\d{1,3}|[é-ü]{2,5}!)$/), reason: 'EOS' });
  });

  test('follows a grammar of the client', async () => {
    const gbnf = '# a sum\nroot ::= number (op number){1,3} "=" [^a-z\\n]{1,4}\nop ::= "+" | "-"\nnumber ::= [1-9] [0-9]?\n';
    const all = await answers(only({ kind: 'grammar', gbnf }), SEEDS);
    for (const { text } of all) expect(text).toMatch(/^[1-9]\d?([+-][1-9]\d?){1,3}=[^a-z\n]{1,4}$/u);
  });

  test('fulfils any schema there may be', async () => {
    const run = fc.asyncProperty(schemaCases, fc.nat(1e6), async ({ schema }, seed) => {
      const validate = createValidator(schema);
      const all = await answers(schemaSource(schema), [seed, seed + 1], 120);
      for (const { text, reason } of all)
        if (reason === 'EOS') expect({ text, valid: validate(JSON.parse(text)) }).toEqual({ text, valid: true });
      expect(all.every(({ reason }) => reason === 'EOS' || reason === 'LENGTH')).toBe(true);
    });
    await fc.assert(run, { numRuns: 25 });
  }, 120_000);
});
