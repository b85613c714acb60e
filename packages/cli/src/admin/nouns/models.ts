import { AdminFailure } from '../admin-failure.ts';
import { urlPath, type Answer } from '../admin-api.ts';
import { followModel } from '../follow-model.ts';
import { text, wholeNumber } from '../flag.ts';
import { formatBytes, formatCount } from '../format.ts';
import { listView, PAGE, pageOf, pageQuery } from '../list-view.ts';
import { changeShape, modelShape, type Model, type ModelPlace } from '../model-shape.ts';
import { renderTable, type Column } from '../table.ts';
import { verb, type Call, type Noun } from '../verb.ts';
import type { View } from '../view.ts';

const ARGS = { model: 'the model’s name' };
const WORKER = { worker: text('ADDRESS', 'only on this worker') };
const DRAIN_S_MAX = 600;

type Row = ModelPlace & { readonly model: string };

const COLUMNS: readonly Column<Row>[] = [
  { title: 'MODEL', cell: ({ model }) => model, isElastic: true },
  { title: 'WORKER', cell: ({ worker }) => worker, isElastic: true },
  { title: 'STATE', cell: stateOf },
  { title: 'SLOTS', align: 'right', cell: ({ slots_busy: busy, slots_total: total }) => `${formatCount(busy)} of ${formatCount(total)}` },
  { title: 'WAITING', align: 'right', cell: ({ queue_depth: waiting }) => formatCount(waiting) },
  { title: 'MEMORY', align: 'right', cell: ({ memory_bytes: bytes }) => formatBytes(bytes) },
  { title: 'DEVICE', align: 'right', cell: ({ device_memory_bytes: bytes }) => formatBytes(bytes), isOptional: true },
];

export const models: Noun = {
  about: 'models on the workers: which are loaded, and what they hold',
  verbs: {
    list: verb({
      about: 'list models and how they are on each worker',
      flags: PAGE,
      notes: ['The memory of a model that is not loaded is what it took when it last was.'],
      run: async ({ api, flags, terminal: { width } }) => {
        const page = await api.get('/sluice/v1/models', pageOf(modelShape), pageQuery(flags));
        const { next } = listView(page, [], { width, empty: '' });
        const rows = page.value.data.flatMap(rowsOf);
        const table = rows.length === 0 ? 'No worker has told of a model yet.\n' : renderTable(rows, COLUMNS, { width });
        return { json: page.json, text: `${table}${problemsOf(rows)}`, next };
      },
    }),
    load: verb({
      about: 'load a model where it is not loaded, and wait until it is',
      args: ARGS,
      flags: WORKER,
      run: async (call) => {
        const answer = await change(call, { path: 'load', body: {}, until: 'ready' });
        return toView(call.args.model, answer, 'ready');
      },
    }),
    unload: verb({
      about: 'let running requests end, then free a model’s memory until somebody loads it',
      args: ARGS,
      flags: {
        ...WORKER,
        drain: wholeNumber('SECONDS', 'how long requests may go on (as the worker is set)', { min: 0, max: DRAIN_S_MAX }),
      },
      warning: ({ args, flags }) =>
        Promise.resolve(`Unload ${args.model} on ${flags.worker ?? 'all workers'}? Nobody can use it there until it is loaded.`),
      run: async (call) => {
        const answer = await change(call, { path: 'unload', body: { drain_s: call.flags.drain }, until: 'unloaded' });
        return toView(call.args.model, answer, 'unloaded');
      },
    }),
    pin: verb({
      about: 'keep a model loaded: it neither sleeps nor makes room for others',
      args: ARGS,
      flags: WORKER,
      run: (call) => pin(call, true),
    }),
    unpin: verb({
      about: 'let a model sleep, and make room for others, again',
      args: ARGS,
      flags: WORKER,
      run: (call) => pin(call, false),
    }),
  },
};

type ModelCall = Call<'model', typeof WORKER>;
/** The model as it is by now, with the workers that were asked. */
type Changed = { readonly answer: Answer<Model>; readonly places: readonly ModelPlace[] };

async function change(
  { api, args, flags, terminal }: ModelCall,
  { path, body, until }: { path: string; body: object; until: string },
): Promise<Changed> {
  const { value } = await api.post(`${urlPath`/sluice/v1/models/${args.model}`}/${path}`, changeShape, { ...body, worker: flags.worker });
  const refusals = value.workers.flatMap(({ worker, error }) => (error ? [`  ${worker}: ${error.message}`] : []));
  if (refusals.length > 0) throw new AdminFailure([`${args.model} on some workers only:`, ...refusals].join('\n'));
  const workers = value.workers.map(({ worker }) => worker);
  const answer = await followModel(api, { model: args.model, workers, until, terminal });
  return { answer, places: answer.value.workers.filter(({ worker }) => workers.includes(worker)) };
}

/** Anything but the state that was wanted is a failure. */
function toView(model: string, { answer, places }: Changed, wanted: string): View {
  const others = places.filter(({ state }) => state !== wanted);
  if (others.length > 0) {
    const lines = others.map(({ worker, state, problem }) => `  ${worker}: ${state}${problem ? `, ${problem}` : ''}`);
    throw new AdminFailure([`${model} is not ${wanted}:`, ...lines].join('\n'));
  }
  return { json: answer.json, text: `${model} is ${wanted} on ${counted(places.length)}.\n` };
}

async function pin({ api, args, flags }: ModelCall, pinned: boolean): Promise<View> {
  const { json, value } = await api.post(urlPath`/sluice/v1/models/${args.model}/pin`, changeShape, { pinned, worker: flags.worker });
  const done = value.workers.filter(({ error }) => !error);
  return { json, text: `${args.model} is ${pinned ? 'pinned' : 'no longer pinned'} on ${counted(done.length)}.\n` };
}

function rowsOf({ id, workers }: Model): Row[] {
  return workers.map((place) => ({ ...place, model: id }));
}

function stateOf({ state, pinned, load_progress: progress }: Row): string {
  const shown = state === 'loading' ? `loading ${Math.round(progress * 100)}%` : state;
  return pinned ? `${shown}, pinned` : shown;
}

function problemsOf(rows: readonly Row[]): string {
  const lines = rows.flatMap(({ model, worker, problem }) => (problem ? [`${model} on ${worker}: ${problem}\n`] : []));
  return lines.length === 0 ? '' : `\n${lines.join('')}`;
}

function counted(workers: number): string {
  return workers === 1 ? 'one worker' : `${workers} workers`;
}
