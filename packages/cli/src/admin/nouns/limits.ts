import { z } from 'zod';
import { urlPath } from '../admin-api.ts';
import { limits as limitsFlag, required, text } from '../flag.ts';
import { findProjectPath } from '../find.ts';
import { formatCount, NOTHING } from '../format.ts';
import { listView, PAGE, pageOf, pageQuery } from '../list-view.ts';
import { deletedShape } from '../shapes.ts';
import { renderTable, type Column } from '../table.ts';
import { verb, type Noun } from '../verb.ts';
import { UsageError } from '../../usage-error.ts';
import { PROJECT } from './project-flag.ts';

const NAMES = ['max_requests_per_1_minute', 'max_requests_per_1_day', 'max_tokens_per_1_minute'] as const;
type Name = (typeof NAMES)[number];

const figure = z.number().nullish();
const figures = { max_requests_per_1_minute: figure, max_requests_per_1_day: figure, max_tokens_per_1_minute: figure };
const limitShape = z.object({ model: z.string(), ...figures, sluice: z.object({ own: z.object(figures) }) });
type ModelLimit = z.infer<typeof limitShape>;

/** What OpenAI's shape says where nothing limits. */
const UNLIMITED = 1_000_000_000;
const MODEL = text('MODEL', 'a model’s name');

const LIMIT = { ...limitsFlag('', ['rpm', 'rpd', 'tpm']), about: 'a limit: NAME is rpm, rpd or tpm' };

const COLUMNS: readonly Column<ModelLimit>[] = [
  { title: 'MODEL', cell: ({ model }) => model, isElastic: true },
  { title: 'RPM', align: 'right', cell: (limit) => cellOf(limit, 'max_requests_per_1_minute') },
  { title: 'RPD', align: 'right', cell: (limit) => cellOf(limit, 'max_requests_per_1_day') },
  { title: 'TPM', align: 'right', cell: (limit) => cellOf(limit, 'max_tokens_per_1_minute') },
];

export const limits: Noun = {
  about: 'a project’s limits for single models',
  verbs: {
    show: verb({
      about: 'show what holds for each model',
      flags: { project: required(PROJECT), ...PAGE },
      run: async ({ api, flags, terminal: { width } }) => {
        const path = `${await findProjectPath(api, flags.project)}/rate_limits`;
        const page = await api.get(path, pageOf(limitShape), pageQuery(flags));
        const view = listView(page, COLUMNS, { width, empty: 'No model is served, and none has limits.' });
        return page.value.data.length === 0 ? view : { ...view, text: `${view.text}\n${LEGEND}\n` };
      },
    }),
    set: verb({
      about: 'limit a model further than the project and its tier do',
      flags: { project: required(PROJECT), model: required(MODEL), limit: required(LIMIT) },
      run: async ({ api, flags, terminal: { width } }) => {
        const { requests_per_minute: rpm, requests_per_day: rpd, tokens_per_minute: tpm } = flags.limit;
        if ([rpm, rpd, tpm].includes(null)) {
          throw new UsageError('--limit NAME=none: limits of a model are taken away together, with ./sluice admin limits delete.');
        }
        const path = `${await findProjectPath(api, flags.project)}${urlPath`/rate_limits/rl-${flags.model}`}`;
        const body = { max_requests_per_1_minute: rpm, max_requests_per_1_day: rpd, max_tokens_per_1_minute: tpm };
        const { json, value } = await api.post(path, limitShape, body);
        return { json, text: `${renderTable([value], COLUMNS, { width })}\n${LEGEND}\n` };
      },
    }),
    delete: verb({
      about: 'take a model’s own limits away: those of the project and its tier hold again',
      flags: { project: required(PROJECT), model: required(MODEL) },
      warning: ({ flags }) => Promise.resolve(`Delete the limits that ${flags.project} has for ${flags.model}?`),
      run: async ({ api, flags }) => {
        const path = `${await findProjectPath(api, flags.project)}${urlPath`/rate_limits/rl-${flags.model}`}`;
        const { json } = await api.delete(path, deletedShape);
        return { json, text: `Deleted. What the project and its tier allow holds for ${flags.model}.\n` };
      },
    }),
  },
};

const LEGEND = 'Requests per minute and day, tokens per minute. In parentheses: from the project or its tier.';

function cellOf({ sluice, ...limit }: ModelLimit, name: Name): string {
  const own = sluice.own[name];
  if (typeof own === 'number') return formatCount(own);
  const inherited = limit[name];
  return typeof inherited === 'number' && inherited < UNLIMITED ? `(${formatCount(inherited)})` : NOTHING;
}
