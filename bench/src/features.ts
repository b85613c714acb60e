// What features of sampling cost: decode speed of eight sequences with each of them, in turn with the same sequences without.
import { parseArgs } from 'node:util';
import { writeOutputGrammar } from '@sluice/runtime/constraint/write-output-grammar';
import type { SamplerParams } from '@sluice/runtime/engine/engine';
import { Watermark } from '@sluice/runtime/watermark/watermark';
import { generate } from './engine-generation.ts';
import { openEngine, type EngineUnderTest } from './engine-load.ts';
import { speedWhileAllRun } from './engine-scenarios.ts';
import { median } from './percentiles.ts';
import { saveResults } from './save-results.ts';
import { figure, renderTable } from './table.ts';

const USAGE = `usage: pnpm bench:features [--model FILE.gguf] [--sequences 8] [--output-tokens 128] [--threads 1] [--runs 5] [--save NAME]`;

type Feature = { readonly name: string; readonly sampling: (engine: EngineUnderTest) => Promise<Partial<SamplerParams>> };
type Size = { readonly sequences: number; readonly outputTokens: number };

/** Sampling with a temperature, as most requests do; greedy decoding would leave out what a feature adds to it. */
const PLAIN: Partial<SamplerParams> = { temperature: 1, topP: 1 };

/** So long that no answer comes to its end. */
const LONG_SCHEMA = {
  type: 'array',
  minItems: 40,
  items: {
    type: 'object',
    properties: {
      name: { type: 'string' },
      age: { type: 'integer' },
      city: { enum: ['Paris', 'Rome', 'Oslo'] },
      isHappy: { type: 'boolean' },
    },
    required: ['name', 'age', 'city', 'isHappy'],
    additionalProperties: false,
  },
};

const FEATURES: readonly Feature[] = [
  { name: 'logprobs', sampling: async () => ({ logprobs: 0 }) },
  { name: 'logprobs with 5 alternatives', sampling: async () => ({ logprobs: 5 }) },
  {
    name: 'JSON schema',
    sampling: async ({ model }) => ({
      banEndOfGeneration: false,
      grammar: await model.engine.compileGrammar(
        writeOutputGrammar({
          thoughts: undefined,
          contentBegin: '',
          constraint: { kind: 'jsonSchema', schema: JSON.stringify(LONG_SCHEMA) },
          calls: undefined,
        }),
      ),
    }),
  },
  {
    name: 'watermark',
    sampling: async () => ({ watermark: new Watermark({ key: '0123456789abcdef0123456789abcdef', gamma: 0.25, delta: 2 }) }),
  },
];

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      model: { type: 'string', default: new URL('../../models/demo-chat.gguf', import.meta.url).pathname },
      sequences: { type: 'string', default: '8' },
      'output-tokens': { type: 'string', default: '128' },
      threads: { type: 'string', default: '1' },
      runs: { type: 'string', default: '5' },
      save: { type: 'string', default: '' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const size = { sequences: Number(values.sequences), outputTokens: Number(values['output-tokens']) };
  const slots = size.sequences;
  const engine = await openEngine({
    model: values.model,
    slots,
    contextTokens: 1_024,
    threads: Number(values.threads),
    prefillStallMs: 600_000,
  });
  try {
    await speedOf(engine, size, PLAIN);
    const rows = [];
    for (const feature of FEATURES) rows.push(await compare(engine, { size, feature, runs: Number(values.runs) }));
    const table = renderTable(
      [{ title: 'feature', align: 'left' }, ...['plain tok/s', 'with it', 'cost %'].map((title) => ({ title }))],
      rows.map(({ name, plain, withIt }) => [name, figure(plain), figure(withIt), figure(100 * (1 - withIt / plain))]),
    );
    const command = `pnpm bench:features ${process.argv.slice(2).join(' ')}`.replaceAll(/\S*\/(?=[^/\s]+)/g, '');
    if (values.save !== '') saveResults(values.save, { command, note: undefined, rows, table });
    console.log(table);
  } finally {
    await engine.close();
  }
};

/** Runs alternate, so that a noisy minute hits both. */
const compare = async (engine: EngineUnderTest, { size, feature, runs }: { size: Size; feature: Feature; runs: number }) => {
  const sampling = { ...PLAIN, ...(await feature.sampling(engine)) };
  const plain: number[] = [];
  const withIt: number[] = [];
  for (let run = 1; run <= runs; run++) {
    console.error(`${feature.name}, run ${run} of ${runs}`);
    plain.push(await speedOf(engine, size, PLAIN));
    withIt.push(await speedOf(engine, size, sampling));
  }
  return { name: feature.name, plain: median(plain), withIt: median(withIt) };
};

const PROMPT = '<|im_start|>user\nGive me JSON with name, age and city: Anna is 31 and lives in Rome.<|im_end|>\n<|im_start|>assistant\n';

const speedOf = async (engine: EngineUnderTest, { sequences, outputTokens }: Size, sampling: Partial<SamplerParams>): Promise<number> =>
  speedWhileAllRun(
    await Promise.all(
      Array.from({ length: sequences }, (_, seed) => {
        const prompt = engine.model.encodePrompt({ kind: 'text', text: PROMPT });
        return generate(engine, { seed, prompt, promptTokens: prompt.length, outputTokens, sampling });
      }),
    ),
  );

await main();
