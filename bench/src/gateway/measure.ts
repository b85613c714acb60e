import { setTimeout as sleep } from 'node:timers/promises';
import { answersOf, type LoadJob, type LoadResult, type RequestKind } from './load-job.ts';
import { cpuSecondsOf, cpuSecondsOfFamily } from './process-usage.ts';
import type { Rig } from './start-rig.ts';
import type { System } from './systems.ts';

/** One run of one load on one system. */
export type Run = {
  readonly load: LoadResult;
  /** Processor seconds of the measured server, what it did after the last answer included. */
  readonly serverCpuSeconds: number;
  /** The same of the processes around it. */
  readonly helperCpuSeconds: Readonly<Record<string, number>>;
};

/** What the gateway answered, by status, save 401: what its history must hold, too. */
export type Ledger = Map<number, number>;

const QUIET_MS = 200;
const QUIET_CPU_SECONDS = 0.01;
const QUIET_DEADLINE_MS = 5_000;
/** On top of a run's own length: its last answers, and a machine that is slow. */
const LOAD_MARGIN_MS = 60_000;

export type MeasureDeps = { readonly rig: Rig; readonly ledger: Ledger };

/** Runs one load and reads what it cost. Throws when requests failed without an answer: then nothing else is worth knowing. */
export async function measure(
  { rig, ledger }: MeasureDeps,
  system: System,
  job: { kinds: readonly RequestKind[]; pace: LoadJob['pace'] },
): Promise<Run> {
  const { pid, port } = system.server;
  const cpuBefore = cpuSecondsOf(pid);
  const helpersBefore = helpersOf(rig);
  const load = await rig.load.ask({ port, ...job }, job.pace.seconds * 1_000 + LOAD_MARGIN_MS);
  await untilQuiet(pid);
  const helpersAfter = helpersOf(rig);
  if (load.failed > 0) throw new Error(`${system.name}: ${load.failed} requests had no answer: ${load.failures.join('; ')}`);
  if (system.name === 'sluice') note(ledger, load);
  return {
    load,
    serverCpuSeconds: cpuSecondsOf(pid) - cpuBefore,
    helperCpuSeconds: Object.fromEntries(
      Object.entries(helpersAfter).map(([name, after]) => [name, after - (helpersBefore[name] ?? after)]),
    ),
  };
}

/** Runs that alternate: A B C, then C B A, so that what changes on the machine over time meets all alike. */
export async function interleave<Item, Value>(
  items: readonly Item[],
  runs: number,
  act: (item: Item, run: number) => Promise<Value>,
): Promise<ReadonlyMap<Item, readonly Value[]>> {
  const values = new Map<Item, Value[]>(items.map((item) => [item, []]));
  for (let run = 0; run < runs; run++) {
    for (const item of run % 2 === 0 ? items : items.toReversed()) values.get(item)?.push(await act(item, run));
  }
  return values;
}

/** Processor milliseconds of the measured server for each answer. */
export function cpuMsPerAnswer({ load, serverCpuSeconds }: Run): number {
  return (serverCpuSeconds * 1_000) / answersOf(load);
}

export function answersPerSecond({ load }: Run): number {
  return answersOf(load) / load.seconds;
}

/** An answer of 401 is for nobody, so it leaves no row. */
function note(ledger: Ledger, { statuses }: LoadResult): void {
  for (const [status, count] of Object.entries(statuses)) {
    if (status !== '401') ledger.set(Number(status), (ledger.get(Number(status)) ?? 0) + count);
  }
}

function helpersOf({ helpers }: Rig): Record<string, number> {
  return Object.fromEntries(Object.entries(helpers).map(([name, pid]) => [name, cpuSecondsOfFamily(pid)]));
}

/** What a server still writes after its last answer is part of what the answers cost. */
async function untilQuiet(pid: number): Promise<void> {
  const endAtMs = performance.now() + QUIET_DEADLINE_MS;
  for (let last = cpuSecondsOf(pid); performance.now() < endAtMs;) {
    await sleep(QUIET_MS);
    const now = cpuSecondsOf(pid);
    if (now - last <= QUIET_CPU_SECONDS) return;
    last = now;
  }
}
