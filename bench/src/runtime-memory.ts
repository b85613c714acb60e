// A runtime's memory over many short requests, as a real process with gRPC in front: a leak of a kilobyte a request would show.
import { parseArgs } from 'node:util';
import type { GenerateEvent__Output } from '@sluice/proto/v1/GenerateEvent';
import { startRuntimeProcess, type RuntimeProcess } from '@sluice/testing/runtime-process';
import { summariseMemory } from './gateway/memory.ts';
import { rssMibOf } from './gateway/process-usage.ts';
import { buildPrompt } from './prompts.ts';
import { saveResults } from './save-results.ts';
import { figure, renderTable } from './table.ts';

const USAGE = `usage: pnpm bench:runtime-memory [--requests 20000] [--in-flight 32] [--max-seconds 900] [--save NAME]`;

const SAMPLE_MS = 250;
/** Plain, with alternatives, within a schema, several answers: each has its own way through the worker. */
const KINDS = [
  {},
  { logprobs: 5 },
  {
    constraint: {
      jsonSchema:
        '{"type":"object","properties":{"name":{"type":"string","maxLength":8}},"required":["name"],"additionalProperties":false}',
    },
  },
  { n: 2 },
] as const;

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      requests: { type: 'string', default: '20000' },
      'in-flight': { type: 'string', default: '32' },
      'max-seconds': { type: 'string', default: '900' },
      save: { type: 'string', default: '' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const runtime = await startRuntimeProcess({ SUPERVISE: 'false', QUEUE_LIMIT: '1024' });
  try {
    await runtime.untilReady();
    const samples: number[] = [];
    const timer = setInterval(() => samples.push(rssMibOf(runtime.enginePid())), SAMPLE_MS);
    const run = await ask(runtime, {
      requests: Number(values.requests),
      inFlight: Number(values['in-flight']),
      secondsMax: Number(values['max-seconds']),
    });
    clearInterval(timer);
    const memory = summariseMemory(samples);
    const table = renderTable(
      [{ title: 'memory of the worker', align: 'left' }, { title: 'figure' }],
      [
        ['requests', String(run.ended)],
        ['failed', String(run.failed)],
        ['requests/s', figure(run.ended / run.seconds)],
        ['RSS by tenths, MiB', memory.windowsMib.map((mib) => mib.toFixed(0)).join(' ')],
        ['RSS max, MiB', memory.maxMib.toFixed(0)],
        ['largest deviation, %', memory.deviationPercent.toFixed(2)],
      ],
    );
    const command = `pnpm bench:runtime-memory ${process.argv.slice(2).join(' ')}`;
    if (values.save !== '')
      saveResults(values.save, {
        command,
        note: 'a quarter each: plain, top logprobs, JSON schema, two answers',
        rows: { run, memory },
        table,
      });
    console.log(table);
  } finally {
    await runtime.stop();
  }
};

type Run = { readonly ended: number; readonly failed: number; readonly seconds: number };

const ask = ({ client }: RuntimeProcess, options: { requests: number; inFlight: number; secondsMax: number }): Promise<Run> =>
  new Promise((resolve, reject) => {
    const session = client.openSession();
    const startedMs = performance.now();
    let started = 0;
    let ended = 0;
    let failed = 0;
    const startNext = (): void => {
      const rid = ++started;
      session.write({
        starts: [
          {
            rid,
            requestId: `bench-${rid}`,
            prompt: { chat: { messages: [{ role: 'user', content: buildPrompt(rid, 6) }] } },
            sampling: { temperature: 1 },
            stopping: { maxTokens: 8 },
            ...KINDS[rid % KINDS.length],
          },
        ],
      });
    };
    const end = (event: GenerateEvent__Output): void => {
      ended++;
      if (event.failure && failed++ === 0) console.error(`a request failed: ${event.failure.code}: ${event.failure.message}`);
      const seconds = (performance.now() - startedMs) / 1000;
      if (started < options.requests && seconds < options.secondsMax) startNext();
      else if (ended === started) {
        session.end();
        resolve({ ended, failed, seconds });
      }
    };
    session.on('data', ({ events }) => {
      for (const event of events) if (event.finished ?? event.failure) end(event);
    });
    session.on('error', reject);
    for (let i = 0; i < Math.min(options.inFlight, options.requests); i++) startNext();
  });

await main();
