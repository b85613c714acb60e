import { WHOLE, type AnswerShape } from './answer-shape.ts';
import type { LoadJob, RequestKind } from './load-job.ts';
import { interleave, measure, type MeasureDeps, type Run } from './measure.ts';
import type { GatewayBenchOptions } from './options.ts';
import { setShape } from './set-shape.ts';
import { chat, sluiceOf, systemsOf, type SystemName } from './systems.ts';

export type Deps = MeasureDeps & { readonly options: GatewayBenchOptions; readonly say: (line: string) => void };

/** All runs of one load: the row of a table. `load` says what was asked, for people. */
export type Row = { readonly load: string; readonly system: SystemName; readonly runs: readonly Run[] };

const NEVER = Number.MAX_SAFE_INTEGER;
const WARM_UP = { connections: 32, seconds: 15 };
/** Streams a second, and short ones: their first tokens are what counts. */
const TTFT = { perSecond: 50, shape: { chunks: 10, stepMs: 5 } };
/** 8,000 chunks a second over 40 streams, each of which lasts a second. */
const CHUNKS = { streams: 40, shape: { chunks: 200, stepMs: 5 } };
const REJECTION_CONNECTIONS = 32;
const OPEN_CONNECTIONS_MAX = 256;

/** So that no system is measured while its code is still being compiled. */
export async function warmUp(deps: Deps): Promise<void> {
  const { scenarios } = deps.options;
  const hasStreams = scenarios.includes('ttft') || scenarios.includes('chunks');
  for (const kind of hasStreams ? (['whole', 'stream'] as const) : (['whole'] as const)) {
    await setShape(deps, kind === 'whole' ? WHOLE : TTFT.shape);
    for (const system of systemsOf(deps.rig)) {
      deps.say(`warming up: ${system.name}, ${kind}`);
      await measure(deps, system, { kinds: [chat(system, kind)], pace: closed(WARM_UP.connections, WARM_UP.seconds) });
    }
  }
}

/** A fixed rate, far from saturation. */
export function measureLatency(deps: Deps): Promise<Row[]> {
  const { perSecond } = deps.options;
  return besideEachOther(deps, {
    load: `${perSecond} requests/s`,
    shape: WHOLE,
    kind: 'whole',
    pace: open(perSecond, deps.options.seconds),
  });
}

/** A fixed rate of short streams. */
export function measureTtft(deps: Deps): Promise<Row[]> {
  const { perSecond, shape } = TTFT;
  return besideEachOther(deps, { load: `${perSecond} streams/s`, shape, kind: 'stream', pace: open(perSecond, deps.options.seconds) });
}

/** As much as goes, by the number of connections. */
export async function measureThroughput(deps: Deps): Promise<Row[]> {
  const rows: Row[] = [];
  for (const connections of deps.options.connections) {
    const pace = closed(connections, deps.options.seconds);
    rows.push(...(await besideEachOther(deps, { load: `${connections} connections`, shape: WHOLE, kind: 'whole', pace })));
  }
  return rows;
}

/** Many streams at once that get a chunk each at every step. */
export function measureChunks(deps: Deps): Promise<Row[]> {
  const { streams, shape } = CHUNKS;
  const load = `${streams} streams of ${shape.chunks} chunks, one each ${shape.stepMs} ms`;
  return besideEachOther(deps, { load, shape, kind: 'stream', pace: closed(streams, deps.options.seconds) });
}

/** What a refusal costs beside an answer, alone and in a mix. */
export async function measureRejections(deps: Deps): Promise<Row[]> {
  const accepted = chat(sluiceOf(deps.rig, 'accepted'), 'whole');
  const refusals = {
    '401': { ...chat(sluiceOf(deps.rig, 'unknown'), 'whole'), variesAddress: true },
    '429': chat(sluiceOf(deps.rig, 'limited'), 'whole'),
  };
  const mixes = [
    { load: 'all accepted', kinds: [accepted] },
    ...Object.entries(refusals).flatMap(([status, refused]) =>
      [10, 50, 100].map((percent) => ({ load: `${percent}% refused with ${status}`, kinds: mix(accepted, refused, percent) })),
    ),
  ];
  await setShape(deps, WHOLE);
  const system = sluiceOf(deps.rig, 'accepted');
  const runs = await interleave(mixes, deps.options.runs, ({ load, kinds }, run) => {
    deps.say(`${load}, run ${run + 1} of ${deps.options.runs}`);
    return measure(deps, system, { kinds, pace: closed(REJECTION_CONNECTIONS, deps.options.seconds) });
  });
  return mixes.map((one) => ({ load: one.load, system: system.name, runs: runs.get(one) ?? [] }));
}

/** Ten requests of which so many percent are of the second kind, spread evenly. */
export function mix(accepted: RequestKind, refused: RequestKind, percent: number): RequestKind[] {
  return Array.from({ length: 10 }, (_, i) =>
    Math.floor(((i + 1) * percent) / 100) > Math.floor((i * percent) / 100) ? refused : accepted,
  );
}

async function besideEachOther(
  deps: Deps,
  scenario: { load: string; shape: AnswerShape; kind: 'whole' | 'stream'; pace: LoadJob['pace'] },
): Promise<Row[]> {
  await setShape(deps, scenario.shape);
  const systems = systemsOf(deps.rig);
  const runs = await interleave(systems, deps.options.runs, (system, run) => {
    deps.say(`${scenario.load}: ${system.name}, run ${run + 1} of ${deps.options.runs}`);
    return measure(deps, system, { kinds: [chat(system, scenario.kind)], pace: scenario.pace });
  });
  return systems.map((system) => ({ load: scenario.load, system: system.name, runs: runs.get(system) ?? [] }));
}

function closed(connections: number, seconds: number): LoadJob['pace'] {
  return { kind: 'closed', connections, seconds, requestsMax: NEVER };
}

function open(perSecond: number, seconds: number): LoadJob['pace'] {
  return { kind: 'open', perSecond, seconds, connectionsMax: OPEN_CONNECTIONS_MAX };
}
