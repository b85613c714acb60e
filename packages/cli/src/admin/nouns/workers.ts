import { z } from 'zod';
import { formatCount, NOTHING } from '../format.ts';
import { listView, PAGE, pageOf, pageQuery } from '../list-view.ts';
import type { Column } from '../table.ts';
import { verb, type Noun } from '../verb.ts';

const workerShape = z.object({
  id: z.string(),
  state: z.string(),
  backend: z.string().nullish(),
  backend_details: z.string().nullish(),
  uptime_s: z.number(),
  restarts: z.number(),
  last_exit: z.string().nullish(),
  models: z.array(z.object({ model: z.string(), state: z.string() })),
});
type Worker = z.infer<typeof workerShape>;

const HOUR_S = 3_600;
const MINUTE_S = 60;

const COLUMNS: readonly Column<Worker>[] = [
  { title: 'WORKER', cell: ({ id }) => id },
  { title: 'STATE', cell: ({ state }) => state },
  { title: 'BACKEND', cell: ({ backend }) => backend ?? NOTHING },
  { title: 'UP', align: 'right', cell: ({ uptime_s: seconds }) => formatUptime(seconds) },
  { title: 'RESTARTS', align: 'right', cell: ({ restarts, last_exit: last }) => `${formatCount(restarts)}${last ? ` (${last})` : ''}` },
  { title: 'MODELS', cell: ({ models }) => models.map(({ model, state }) => `${model} ${state}`).join(', '), isElastic: true },
];

export const workers: Noun = {
  about: 'the processes that run models',
  verbs: {
    list: verb({
      about: 'list workers, how often they had to be started again, and their models',
      flags: PAGE,
      run: async ({ api, flags, terminal: { width } }) => {
        const page = await api.get('/sluice/v1/workers', pageOf(workerShape), pageQuery(flags));
        return listView(page, COLUMNS, { width, empty: 'There are no workers.' });
      },
    }),
  },
};

/** "3 h", "12 min", "5 s" */
function formatUptime(seconds: number): string {
  if (seconds >= HOUR_S) return `${formatCount(Math.floor(seconds / HOUR_S))} h`;
  return seconds >= MINUTE_S ? `${Math.floor(seconds / MINUTE_S)} min` : `${seconds} s`;
}
