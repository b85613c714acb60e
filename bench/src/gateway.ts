// Measures the gateway in front of an upstream that answers at once, and the Portkey gateway beside it: what they add, and what they cost.
import { readdirSync, readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { checkAccounts } from './gateway/check-accounts.ts';
import type { Ledger } from './gateway/measure.ts';
import { measureMemory } from './gateway/memory.ts';
import { GATEWAY_USAGE, parseGatewayOptions, type GatewayBenchOptions, type Scenario } from './gateway/options.ts';
import { describeLayout } from './gateway/processors.ts';
import {
  measureChunks,
  measureLatency,
  measureRejections,
  measureThroughput,
  measureTtft,
  warmUp,
  type Deps,
} from './gateway/scenarios.ts';
import { createRigFolder, startRig } from './gateway/start-rig.ts';
import {
  checksTable,
  chunksTable,
  helpersTable,
  latencyTable,
  memoryTable,
  profileTable,
  rejectionsTable,
  throughputTable,
  ttftTable,
} from './gateway/tables.ts';
import { topFunctions, topPackages, topStages, type CpuProfile } from './gateway/top-functions.ts';
import { saveResults } from './save-results.ts';

type Part = { readonly rows: unknown; readonly table: string };

const PROFILE_LINES = 30;
/** With more to do before it even begins, a machine of two processors says little about speed. */
const LOAD_BEFORE_MAX = 0.5;

const SCENARIO_PARTS: Record<Scenario, (deps: Deps) => Promise<Part>> = {
  latency: async (deps) => withTable(await measureLatency(deps), latencyTable),
  ttft: async (deps) => withTable(await measureTtft(deps), ttftTable),
  throughput: async (deps) => withTable(await measureThroughput(deps), (rows) => `${throughputTable(rows)}\n\n${helpersTable(rows)}`),
  chunks: async (deps) => withTable(await measureChunks(deps), chunksTable),
  rejections: async (deps) => withTable(await measureRejections(deps), rejectionsTable),
  memory: async (deps) => withTable(await measureMemory(deps), memoryTable),
};

const main = async (): Promise<void> => {
  const args = process.argv.slice(2);
  if (args.includes('--help')) return console.log(GATEWAY_USAGE);
  const options = parseGatewayOptions(args);
  const [loadBefore = 0] = loadavg();
  if (loadBefore > LOAD_BEFORE_MAX)
    console.error(`This machine is busy (load average ${loadBefore.toFixed(2)}): only processor times will be worth something.`);
  const interrupted = new Promise<never>((_resolve, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => reject(new Error(`stopped by ${signal}`)));
  });
  const { folder, remove } = createRigFolder();
  try {
    const parts = await runAll(options, folder, interrupted);
    report(options, { args, loadBefore, parts });
    remove();
  } catch (error) {
    console.error(`The logs are in ${folder}`);
    throw error;
  }
};

/** Starts everything, measures, checks the accounts, and stops everything, whatever happens in between. */
const runAll = async (options: GatewayBenchOptions, folder: string, interrupted: Promise<never>): Promise<Map<string, Part>> => {
  await using stack = new AsyncDisposableStack();
  const rig = await Promise.race([startRig({ options, folder, stack }), interrupted]);
  const ledger: Ledger = new Map();
  const deps: Deps = { rig, ledger, options, say: (line) => console.error(line) };
  const parts = new Map<string, Part>();
  const work = async (): Promise<void> => {
    await warmUp(deps);
    for (const scenario of options.scenarios) parts.set(scenario, await SCENARIO_PARTS[scenario](deps));
    const checks = await checkAccounts(deps);
    parts.set('checks', { rows: checks, table: checksTable(checks) });
    if (checks.some(({ isRight }) => !isRight)) process.exitCode = 1;
    if (!options.isProfiling) return;
    await rig.stopGateway();
    parts.set('profile', readProfile(folder));
  };
  await Promise.race([work(), interrupted]);
  return parts;
};

const readProfile = (folder: string): Part => {
  const name = readdirSync(folder).find((file) => file.endsWith('.cpuprofile'));
  if (name === undefined) throw new Error('the gateway wrote no profile');
  const profile = JSON.parse(readFileSync(join(folder, name), 'utf8')) as CpuProfile; // Node wrote it
  const shares = {
    'by package': topPackages(profile),
    'by function, itself': topFunctions(profile),
    'by function, with calls': topStages(profile),
  };
  const tops = Object.entries(shares).map(([title, all]) => [title, all.slice(0, PROFILE_LINES)] as const);
  return { rows: Object.fromEntries(tops), table: tops.map(([title, top]) => profileTable(title, top)).join('\n\n') };
};

const report = (
  options: GatewayBenchOptions,
  { args, loadBefore, parts }: { args: readonly string[]; loadBefore: number; parts: ReadonlyMap<string, Part> },
): void => {
  const table = [...parts].map(([name, part]) => `## ${name}\n\n${part.table}`).join('\n\n');
  const rows = Object.fromEntries([...parts].map(([name, part]) => [name, part.rows]));
  const command = `pnpm bench:gateway ${args.join(' ')}`.replaceAll(/\S*\/(?=[^/\s]+)/g, '');
  const facts = [describeLayout(options.layout), `load average before ${loadBefore.toFixed(2)}`, options.note];
  const note = facts.filter((text) => text !== undefined).join('; ');
  if (options.save !== undefined) console.error(saveResults(options.save, { command, note, rows, table }));
  console.log(options.isJson ? JSON.stringify({ command, note, rows }, undefined, 2) : `\n${table}`);
};

const withTable = <Rows>(rows: Rows, toTable: (rows: Rows) => string): Part => ({ rows, table: toTable(rows) });

if (import.meta.main) {
  await main().catch((error: unknown) => {
    console.error(error instanceof RangeError || error instanceof TypeError ? `${error.message}\n\n${GATEWAY_USAGE}` : error);
    process.exitCode = 1;
  });
}
