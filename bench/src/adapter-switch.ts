import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Adapter, DecodeItem, Engine, Sampler } from '@sluice/runtime/engine/engine';
import { GREEDY } from '@sluice/runtime/engine/greedy';
import { writeAdapterFile } from '@sluice/testing/adapter-file';
import { openEngine } from './engine-load.ts';
import { summarise } from './percentiles.ts';
import { saveResults } from './save-results.ts';
import { figure, renderTable } from './table.ts';

const USAGE = 'usage: pnpm bench:adapter-switch [--model FILE.gguf] [--threads 1] [--sequences 8] [--steps 200] [--save NAME]';

/** What it costs to compute with another adapter: decode steps that stay with one against steps that change between two. */
const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      model: { type: 'string', default: 'models/demo-chat.gguf' },
      threads: { type: 'string', default: '1' },
      sequences: { type: 'string', default: '8' },
      steps: { type: 'string', default: '200' },
      save: { type: 'string', default: '' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const [threads, sequences, steps] = [values.threads, values.sequences, values.steps].map(Number);
  if (!threads || !sequences || !steps) throw new Error('a number of threads, sequences or steps is not one');
  const opened = await openEngine({ model: values.model, slots: sequences, contextTokens: 2 * steps + 64, threads, prefillStallMs: 75 });
  const { engine, shape } = opened.model;
  const [embedding = 0] = shape.tensors.get('blk.0.attn_output.weight') ?? [];
  const blocks = [...shape.tensors.keys()].filter((name) => name.endsWith('.attn_output.weight')).length;
  const adapters = await loadTwo(engine, { architecture: shape.architecture, embedding, blocks });
  await opened.scheduler.close();
  const rows = [
    await measure(engine, { what: 'the model alone', adapters: [undefined], sequences, steps }),
    await measure(engine, { what: 'one adapter', adapters: adapters.slice(0, 1), sequences, steps }),
    await measure(engine, { what: 'two adapters, changed after each step', adapters, sequences, steps }),
  ];
  await engine.close();
  const [, same, changing] = rows;
  const table = renderTable(
    [{ title: `decode steps of ${sequences} sequences`, align: 'left' }, { title: 'p50 ms' }, { title: 'p99 ms' }],
    rows.map(({ what, p50, p99 }) => [what, figure(p50), figure(p99)]),
  );
  const costMs = (changing?.p50 ?? NaN) - (same?.p50 ?? NaN);
  const found = `${table}\n\nA change costs ${figure(costMs)} ms, ${figure(costMs / (same?.p50 ?? NaN))} steps.`;
  const command = `pnpm bench:adapter-switch ${process.argv.slice(2).join(' ')}`.replaceAll(/\S*\/(?=[^/\s]+)/g, '');
  if (values.save !== '') saveResults(values.save, { command, note: undefined, rows, table: found });
  console.log(found);
};

const loadTwo = async (
  engine: Engine,
  model: { readonly architecture: string; readonly embedding: number; readonly blocks: number },
): Promise<Adapter[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-switch-'));
  try {
    const adapters: Adapter[] = [];
    for (const seed of [1, 2]) {
      const path = join(folder, `${seed}.gguf`);
      writeAdapterFile(path, { ...model, seed, strength: 1 });
      adapters.push(await engine.loadAdapter({ path, name: String(seed), scale: 1 }));
    }
    return adapters;
  } finally {
    rmSync(folder, { recursive: true });
  }
};

type Run = {
  readonly what: string;
  /** One for each step, in turn. */
  readonly adapters: readonly (Adapter | undefined)[];
  readonly sequences: number;
  readonly steps: number;
};

/** Milliseconds of a decode step, with the change before it where there is one. */
const measure = async (engine: Engine, { what, adapters, sequences, steps }: Run): Promise<{ what: string; p50: number; p99: number }> => {
  const samplers = Array.from({ length: sequences }, () => engine.acquireSampler(GREEDY));
  const first = await engine.prefill(
    samplers.map((sampler, slot) => ({ slot, position: 0, tokens: Uint32Array.of(5 + slot, 7), sampler })),
  );
  let tokens = first.tokens;
  const stepMs: number[] = [];
  for (let step = 0; step < steps; step++) {
    const startMs = performance.now();
    engine.useAdapter(adapters[step % adapters.length]);
    tokens = (await engine.decode(samplers.map((sampler, slot) => itemAt({ sampler, slot, step, token: tokens[slot] ?? 5 })))).tokens;
    stepMs.push(performance.now() - startMs);
  }
  engine.useAdapter(undefined);
  for (const [slot, sampler] of samplers.entries()) {
    engine.clear(slot);
    engine.releaseSampler(sampler);
  }
  const { p50, p99 } = summarise(stepMs.slice(Math.floor(steps / 10)));
  return { what, p50, p99 };
};

const itemAt = ({ sampler, slot, step, token }: { sampler: Sampler; slot: number; step: number; token: number }): DecodeItem => ({
  slot,
  position: 2 + step,
  token,
  sampler,
});

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}\n`);
  process.exitCode = 1;
}
