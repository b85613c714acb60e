import { runBatchedBench, type PeerResult } from './batched-bench.ts';
import { ENGINE_USAGE, readEngineOptions, type EngineBenchOptions } from './engine-options.ts';
import { measureStall, measureThroughput, type StallResult, type ThroughputResult } from './engine-scenarios.ts';
import { median } from './percentiles.ts';
import { saveResults } from './save-results.ts';
import { figure, renderTable } from './table.ts';

type Row = {
  readonly sequences: number;
  readonly decode: number;
  readonly prefill: number;
  readonly forwardShare: number;
  readonly peerDecode: number;
  readonly peerPrefill: number;
};

/** The engine alone: decode and prefill speed by number of sequences, in turn with llama-batched-bench, then the stall scenario. */
const main = async (): Promise<void> => {
  const options = readEngineOptions(process.argv.slice(2));
  const rows: Row[] = [];
  for (const sequences of options.sequences) rows.push(await measureRow(options, sequences));
  const stall = options.stallSeconds > 0 ? await measureStall(options) : undefined;
  const table = [throughputTable(rows), ...(stall ? [stallTable(stall)] : [])].join('\n\n');
  const command = `pnpm bench:engine ${process.argv.slice(2).join(' ')}`.replaceAll(/\S*\/(?=[^/\s]+)/g, '');
  if (options.save !== '') saveResults(options.save, { command, note: undefined, rows: { throughput: rows, stall }, table });
  process.stdout.write(options.json ? `${JSON.stringify({ throughput: rows, stall })}\n` : `\n${table}\n`);
};

/** Runs alternate between the two systems, so that a noisy minute hits both. */
const measureRow = async (options: EngineBenchOptions, sequences: number): Promise<Row> => {
  const ours: ThroughputResult[] = [];
  const theirs: PeerResult[] = [];
  for (let run = 1; run <= options.runs; run++) {
    process.stderr.write(`${sequences} sequences, run ${run} of ${options.runs}\n`);
    ours.push(await measureThroughput(options, sequences));
    if (options.peer !== '') theirs.push(await runBatchedBench(options, sequences));
  }
  return {
    sequences,
    decode: median(ours.map((run) => run.decodeTokensPerS)),
    prefill: median(ours.map((run) => run.prefillTokensPerS)),
    forwardShare: median(ours.map((run) => run.forwardShare)),
    peerDecode: median(theirs.map((run) => run.decodeTokensPerS)),
    peerPrefill: median(theirs.map((run) => run.prefillTokensPerS)),
  };
};

const throughputTable = (rows: readonly Row[]): string =>
  renderTable(
    ['sequences', 'decode tok/s', 'batched-bench', 'ratio', 'prefill tok/s', 'batched-bench', 'ratio', 'time in llama.cpp'].map(
      (title) => ({ title }),
    ),
    rows.map((row) => [
      String(row.sequences),
      figure(row.decode),
      figure(row.peerDecode),
      figure(row.decode / row.peerDecode),
      figure(row.prefill),
      figure(row.peerPrefill),
      figure(row.prefill / row.peerPrefill),
      `${Math.round(row.forwardShare * 100)}%`,
    ]),
  );

const stallTable = (stall: StallResult): string =>
  renderTable(
    [{ title: '8 streams, 800-token prompts arriving', align: 'left' }, { title: 'p50 ms' }, { title: 'p99 ms' }, { title: 'max ms' }],
    [
      [
        'inter-token latency, nothing arriving',
        figure(stall.quietInterTokenMs.p50),
        figure(stall.quietInterTokenMs.p99),
        figure(stall.quietInterTokenMs.max),
      ],
      [
        'inter-token latency, prompts arriving',
        figure(stall.interTokenMs.p50),
        figure(stall.interTokenMs.p99),
        figure(stall.interTokenMs.max),
      ],
      [
        `first token of ${stall.longPrompts} long prompts`,
        figure(stall.longPromptFirstTokenMs.p50),
        figure(stall.longPromptFirstTokenMs.p99),
        figure(stall.longPromptFirstTokenMs.max),
      ],
    ],
  );

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${ENGINE_USAGE}\n`);
  process.exitCode = 1;
}
