import { z } from 'zod';
import { AdminFailure } from '../admin-failure.ts';
import { urlPath } from '../admin-api.ts';
import { text } from '../flag.ts';
import { formatBytes, formatCount, NOTHING } from '../format.ts';
import { listView, PAGE, pageOf, pageQuery } from '../list-view.ts';
import { readFileWithBar } from '../read-file.ts';
import type { Column } from '../table.ts';
import { verb, type Noun } from '../verb.ts';

const ADAPTER = { model: 'the model’s name', name: 'the adapter’s name' };

const adapterShape = z.object({
  model: z.string(),
  name: z.string(),
  size_bytes: z.number().nullable(),
  workers: z.array(z.object({ worker: z.string(), state: z.string(), problem: z.string().nullish(), running: z.number() })),
});
type Adapter = z.infer<typeof adapterShape>;

const changeShape = z.object({
  size_bytes: z.number(),
  workers: z.array(z.object({ worker: z.string(), error: z.object({ message: z.string() }).nullish() })),
});
type Change = z.infer<typeof changeShape>;

const COLUMNS: readonly Column<Adapter>[] = [
  { title: 'MODEL', cell: ({ model }) => model, isElastic: true },
  { title: 'ADAPTER', cell: ({ name }) => name },
  { title: 'SIZE', align: 'right', cell: ({ size_bytes: bytes }) => (bytes === null ? NOTHING : formatBytes(bytes)) },
  { title: 'WORKERS', align: 'right', cell: ({ workers }) => `${workers.filter(isThere).length} of ${workers.length}` },
  { title: 'LOADED', align: 'right', cell: ({ workers }) => formatCount(workers.filter(({ state }) => state === 'loaded').length) },
  { title: 'RUNNING', align: 'right', cell: ({ workers }) => formatCount(workers.reduce((sum, { running }) => sum + running, 0)) },
];

export const adapters: Noun = {
  about: 'LoRA adapters, which change what a model says',
  verbs: {
    list: verb({
      about: 'list adapters, and how many of the workers that have the model have them',
      flags: { ...PAGE, model: text('MODEL', 'only those of this model') },
      run: async ({ api, flags, terminal: { width } }) => {
        const page = await api.get('/sluice/v1/adapters', pageOf(adapterShape), { ...pageQuery(flags), model: flags.model });
        const view = listView(page, COLUMNS, { width, empty: 'There are no adapters.' });
        const problems = page.value.data.flatMap(problemsOf);
        return problems.length === 0 ? view : { ...view, text: `${view.text}\n${problems.join('\n')}\n` };
      },
    }),
    add: verb({
      about: 'upload an adapter to every worker that has the model; one of the same name is replaced',
      args: { ...ADAPTER, file: 'a GGUF file' },
      notes: ['Requests that run keep the adapter that they have.'],
      run: async ({ api, args, terminal }) => {
        const data = await readFileWithBar(args.file, terminal);
        try {
          const path = urlPath`/sluice/v1/adapters/${args.model}/${args.name}`;
          const { json, value } = await api.upload(path, changeShape, data);
          requireAll(value, `${args.model}:${args.name} is`);
          const where = value.workers.length === 1 ? 'one worker' : `${value.workers.length} workers`;
          return { json, text: `${args.model}:${args.name} is on ${where}, ${formatBytes(value.size_bytes)}.\n` };
        } finally {
          terminal.showProgress(undefined);
        }
      },
    }),
    remove: verb({
      about: 'take an adapter away from every worker; requests that use it run to their end',
      args: ADAPTER,
      warning: ({ args }) => Promise.resolve(`Remove the adapter ${args.name} of ${args.model} from all workers?`),
      run: async ({ api, args }) => {
        const { json, value } = await api.delete(urlPath`/sluice/v1/adapters/${args.model}/${args.name}`, changeShape);
        requireAll(value, `${args.model}:${args.name} was removed`);
        return { json, text: `Removed ${args.model}:${args.name}.\n` };
      },
    }),
  },
};

function isThere({ state }: Adapter['workers'][number]): boolean {
  return state !== 'missing';
}

function problemsOf({ model, name, workers }: Adapter): string[] {
  return workers.flatMap(({ worker, problem }) => (problem ? [`${model}:${name} on ${worker}: ${problem}`] : []));
}

/** Half a change is a failure: requests find the adapter on some workers only. */
function requireAll({ workers }: Change, what: string): void {
  const failures = workers.flatMap(({ worker, error }) => (error ? [`  ${worker}: ${error.message}`] : []));
  if (failures.length === 0) return;
  throw new AdminFailure([`${what} on ${workers.length - failures.length} of ${workers.length} workers only.`, ...failures].join('\n'));
}
