// What constraints cost before the first token: making a grammar of a schema, compiling it, copying it for a request.
import { parseArgs } from 'node:util';
import type { Json } from '@sluice/runtime/constraint/json-schema/json';
import { writeOutputGrammar } from '@sluice/runtime/constraint/write-output-grammar';
import type { ConstraintSource } from '@sluice/runtime/constraint/output-source';
import { GREEDY } from '@sluice/runtime/engine/greedy';
import type { EngineUnderTest } from './engine-load.ts';
import { openEngine } from './engine-load.ts';
import { median } from './percentiles.ts';
import { saveResults } from './save-results.ts';
import { figure, renderTable } from './table.ts';

const USAGE = `usage: pnpm bench:constraint [--model FILE.gguf] [--runs 50] [--save NAME]`;

const schema = (value: Json): ConstraintSource => ({ kind: 'jsonSchema', schema: JSON.stringify(value) });

const person: Json = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    age: { type: 'integer', minimum: 0, maximum: 150 },
    tags: { type: 'array', items: { type: 'string' } },
  },
  required: ['name', 'age'],
  additionalProperties: false,
};

const CONSTRAINTS: Readonly<Record<string, ConstraintSource>> = {
  'any JSON object': { kind: 'jsonObject' },
  'a person': schema(person),
  'strings of up to 2,000 characters': schema({ type: 'array', items: { type: 'string', maxLength: 2_000 }, maxItems: 100 }),
  'patterns and formats': schema({
    type: 'object',
    properties: {
      id: { type: 'string', format: 'uuid' },
      at: { type: 'string', format: 'date-time' },
      code: { type: 'string', pattern: '^[A-Z]{2,4}-\\d+$', maxLength: 20 },
    },
  }),
  'bounds of numbers': schema({ type: 'array', items: { type: 'number', minimum: -273.15, exclusiveMaximum: 1_000 } }),
  'further properties beside 50': schema({
    type: 'object',
    properties: Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`property-${i}`, { type: 'string' }])),
    additionalProperties: true,
  }),
  '200 optional properties': schema({
    type: 'object',
    properties: Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`property-${i}`, { type: 'integer' }])),
  }),
  '1,000 choices': { kind: 'choices', texts: Array.from({ length: 1_000 }, (_, i) => `choice number ${i}`) },
};

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      model: { type: 'string', default: new URL('../../models/demo-chat.gguf', import.meta.url).pathname },
      runs: { type: 'string', default: '50' },
      save: { type: 'string', default: '' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const engine = await openEngine({ model: values.model, slots: 1, contextTokens: 256, threads: 1, prefillStallMs: 75 });
  try {
    const rows = [];
    for (const [name, constraint] of Object.entries(CONSTRAINTS))
      rows.push({ name, ...(await measure(engine, constraint, Number(values.runs))) });
    const table = renderTable(
      [{ title: 'constraint', align: 'left' }, ...['made, ms', 'compiled, ms', 'copied, ms', 'characters'].map((title) => ({ title }))],
      rows.map((row) => [row.name, figure(row.writeMs), figure(row.compileMs), row.copyMs.toFixed(4), String(row.characters)]),
    );
    const command = `pnpm bench:constraint ${process.argv.slice(2).join(' ')}`.replaceAll(/\S*\/(?=[^/\s]+)/g, '');
    if (values.save !== '') saveResults(values.save, { command, note: undefined, rows, table });
    console.log(table);
  } finally {
    await engine.close();
  }
};

const measure = async ({ model: { engine } }: EngineUnderTest, constraint: ConstraintSource, runs: number) => {
  const writeMs: number[] = [];
  const compileMs: number[] = [];
  const copyMs: number[] = [];
  let characters = 0;
  for (let run = 0; run < runs; run++) {
    const startMs = performance.now();
    const gbnf = writeOutputGrammar({ thoughts: undefined, contentBegin: '', constraint, calls: undefined });
    const writtenMs = performance.now();
    const grammar = await engine.compileGrammar(gbnf);
    const compiledMs = performance.now();
    // A sampler without a grammar costs as much in all rows.
    engine.releaseSampler(engine.acquireSampler({ ...GREEDY, grammar }));
    copyMs.push(performance.now() - compiledMs);
    compileMs.push(compiledMs - writtenMs);
    writeMs.push(writtenMs - startMs);
    characters = gbnf.length;
  }
  return { writeMs: median(writeMs), compileMs: median(compileMs), copyMs: median(copyMs), characters };
};

await main();
