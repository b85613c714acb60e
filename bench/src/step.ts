// What one decode step costs in TypeScript: from the sampled tokens to the bytes of a gRPC frame, with an engine that answers at once.
import { Session } from 'node:inspector/promises';
import { parseArgs } from 'node:util';
import { systemClock } from '@sluice/platform/clock';
import { protoDefinition } from '@sluice/proto/package-definition';
import { FrameWriter, type FrameStream } from '@sluice/runtime/grpc/frame-writer';
import { toWireEvent } from '@sluice/runtime/grpc/to-event';
import { GREEDY } from '@sluice/runtime/engine/greedy';
import { ScriptedEngine } from '@sluice/runtime/engine/scripted-engine';
import { Scheduler } from '@sluice/runtime/scheduler/scheduler';
import { OutputText } from '@sluice/runtime/text/output-text';
import { median } from './percentiles.ts';
import { topFunctions } from './gateway/top-functions.ts';
import { saveResults } from './save-results.ts';
import { figure, renderTable } from './table.ts';

const USAGE = `usage: pnpm bench:step [--sequences 1,8,32,64] [--steps 2000] [--sessions 8] [--runs 5] [--save NAME]`;

type Row = { readonly sequences: number; readonly stepMs: number; readonly engineMs: number };

/** Sessions share the sequences among them, as gateways do. */
type Size = { readonly sequences: number; readonly steps: number; readonly sessions: number };

const CONTEXT_TOKENS = 8_192;
const PROMPT_TOKENS = 32;
const VOCABULARY = 32_000;
const FUNCTIONS_SHOWN = 15;
/** Every token is a word of five letters. */
const TOKEN_BYTES = Array.from({ length: VOCABULARY }, (_, id) => Buffer.from(` ${(id + 60_466_176).toString(36).slice(-5)}`));

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      sequences: { type: 'string', default: '1,8,32,64' },
      steps: { type: 'string', default: '2000' },
      sessions: { type: 'string', default: '8' },
      runs: { type: 'string', default: '5' },
      save: { type: 'string', default: '' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const [steps, sessions, runs] = [count(values.steps), count(values.sessions), count(values.runs)];
  const sizes = values.sequences.split(',').map((text) => ({ sequences: count(text), steps, sessions }));
  const rows: Row[] = [];
  for (const size of sizes) {
    await cpuMsOfRun({ ...size, steps: 500 });
    const stepMs: number[] = [];
    const engineMs: number[] = [];
    for (let run = 0; run < runs; run++) {
      stepMs.push((await cpuMsOfRun(size)) / steps);
      engineMs.push((await cpuMsOfEngine(size)) / steps);
    }
    rows.push({ sequences: size.sequences, stepMs: median(stepMs), engineMs: median(engineMs) });
  }
  const largest = sizes.at(-1);
  const profile = largest === undefined ? '' : await profileOf(() => cpuMsOfRun(largest));
  const table = `${stepTable(rows)}\n\nWhere the time of the last row goes, by function:\n\n${profile}`;
  const command = `pnpm bench:step ${process.argv.slice(2).join(' ')}`;
  if (values.save !== '') saveResults(values.save, { command, note: undefined, rows, table });
  console.log(table);
};

/** Runs all sequences to their ends through scheduler, text, wire events, frames and their serialisation. */
const cpuMsOfRun = async ({ sequences, steps, sessions }: Size): Promise<number> => {
  const engine = createEngine(sequences);
  const scheduler = new Scheduler({
    engine,
    isEndOfGeneration: (token) => token === 2,
    clock: systemClock,
    observer: { onStep: () => {}, onDrafts: () => {}, onPreempt: () => {}, onEnd: () => {} },
    queueLimit: sequences,
    prefillStallMs: 75,
    onLeak: (cause) => {
      throw cause;
    },
    onBroken: (cause) => {
      throw cause;
    },
  });
  const { responseSerialize } = protoDefinition().sluice.runtime.v1.Runtime.service.Session;
  const writers = Array.from({ length: sessions }, () => {
    const stream: FrameStream = { write: (frame) => responseSerialize(frame).length > 0, once: () => stream };
    return new FrameWriter(stream, () => {});
  });
  const before = process.cpuUsage();
  const ended = Array.from({ length: sequences }, (_, i) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const writer = writers[i % sessions];
    scheduler.submit({
      prompt: Uint32Array.from({ length: PROMPT_TOKENS }, (_, at) => 3 + ((i * 31 + at) % 200)),
      sampling: { ...GREEDY, banEndOfGeneration: true },
      maxTokens: steps,
      totalTokensMax: undefined,
      minTokens: 0,
      stopTokenIds: new Set(),
      ignoreEos: true,
      priority: 0,
      queueTimeoutMs: 600_000,
      text: new OutputText(TOKEN_BYTES, { stop: ['\n\nUser:'], includeStop: false }),
      outlet: {
        emit(event) {
          writer?.add(toWireEvent(i, event));
          if (event.kind === 'finished' || event.kind === 'failed') resolve();
        },
        flush: (step) => writer?.flush(step),
      },
    });
    return promise;
  });
  scheduler.start();
  await Promise.all(ended);
  await scheduler.close();
  return cpuMs(process.cpuUsage(before));
};

/** The scripted engine's own part of that. */
const cpuMsOfEngine = async ({ sequences, steps }: Size): Promise<number> => {
  const engine = createEngine(sequences);
  const sampler = engine.acquireSampler({ ...GREEDY, banEndOfGeneration: true });
  const before = process.cpuUsage();
  for (let position = 0; position < steps; position++) {
    await engine.decode(Array.from({ length: sequences }, (_, slot) => ({ slot, position, token: 5, sampler })));
  }
  return cpuMs(process.cpuUsage(before));
};

const createEngine = (slots: number): ScriptedEngine =>
  new ScriptedEngine({
    slots,
    contextTokens: CONTEXT_TOKENS,
    batchTokens: 512,
    vocabulary: VOCABULARY,
    endOfGenerationTokens: [2],
    next: (history) => 3 + ((history.length * 7_919) % (VOCABULARY - 3)),
  });

const profileOf = async (act: () => Promise<unknown>): Promise<string> => {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  await act();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  return renderTable(
    [{ title: 'function', align: 'left' }, { title: '% of CPU' }],
    topFunctions({ ...profile, samples: profile.samples ?? [], timeDeltas: profile.timeDeltas ?? [] })
      .slice(0, FUNCTIONS_SHOWN)
      .map(({ name, percent }) => [name, figure(percent)]),
  );
};

const stepTable = (rows: readonly Row[]): string =>
  renderTable(
    ['sequences', 'CPU ms a step', 'of which the scripted engine', 'TypeScript of the worker', 'µs a token'].map((title) => ({ title })),
    rows.map(({ sequences, stepMs, engineMs }) => [
      String(sequences),
      ...[stepMs, engineMs, stepMs - engineMs, ((stepMs - engineMs) * 1_000) / sequences].map(figure),
    ]),
  );

const cpuMs = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1_000;

const count = (text: string): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new RangeError(`a positive whole number is wanted, not "${text}"\n\n${USAGE}`);
};

await main();
