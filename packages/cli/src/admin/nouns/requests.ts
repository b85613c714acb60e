import { z } from 'zod';
import { UsageError } from '../../usage-error.ts';
import { choice, list, moment, text } from '../flag.ts';
import { findProjectId, findUserId } from '../find.ts';
import { formatCount, formatMs, formatTime, formatUsd, NOTHING } from '../format.ts';
import { listView, pageQuery, PAGE } from '../list-view.ts';
import type { Column } from '../table.ts';
import { verb, type Noun } from '../verb.ts';
import { PROJECT } from './project-flag.ts';

const requestShape = z.object({
  id: z.string(),
  created_at: z.number(),
  endpoint: z.string(),
  model: z.string().nullable(),
  status_code: z.number(),
  outcome: z.string(),
  error_code: z.string().nullable(),
  usage: z.object({ input_tokens: z.number(), output_tokens: z.number() }),
  cost: z.object({ value: z.number() }),
  ttft_ms: z.number().nullable(),
  duration_ms: z.number(),
});
type Request = z.infer<typeof requestShape>;

const COLUMNS: readonly Column<Request>[] = [
  { title: 'WHEN', cell: ({ created_at: at }) => formatTime(at) },
  { title: 'ID', cell: ({ id }) => id, isElastic: true },
  { title: 'ENDPOINT', cell: ({ endpoint }) => endpoint, isOptional: true },
  { title: 'MODEL', cell: ({ model }) => model ?? NOTHING, isElastic: true },
  { title: 'OUTCOME', cell: ({ outcome, status_code: status, error_code: code }) => [outcome, status, code ?? ''].join(' ').trim() },
  { title: 'INPUT', align: 'right', cell: ({ usage }) => formatCount(usage.input_tokens) },
  { title: 'OUTPUT', align: 'right', cell: ({ usage }) => formatCount(usage.output_tokens) },
  { title: 'COST', align: 'right', cell: ({ cost }) => formatUsd(cost.value), isOptional: true },
  { title: 'FIRST', align: 'right', cell: ({ ttft_ms: ms }) => formatMs(ms), isOptional: true },
  { title: 'ALL', align: 'right', cell: ({ duration_ms: ms }) => formatMs(ms) },
];

const shape = z.object({ data: z.array(requestShape), next_page: z.string().nullish() });
const { rows } = PAGE;

export const requests: Noun = {
  about: 'single requests, the newest first',
  verbs: {
    '': verb({
      about: 'show single requests, the newest first',
      flags: {
        project: PROJECT,
        user: text('USER', 'an email or an id'),
        key: text('KEY', 'a key’s id'),
        model: text('MODEL', 'a model’s name'),
        outcome: choice(['completed', 'failed', 'cancelled', 'refused'], 'how it ended'),
        status: list('CODES', 'HTTP status codes'),
        from: moment('from when on'),
        to: moment('up to when'),
        rows,
        page: text('CURSOR', 'where the next part begins'),
      },
      notes: ['FIRST is the time to the first token, ALL to the last.'],
      run: async ({ api, flags, terminal: { width } }) => {
        const { from, to, project, user, key, model, outcome, status } = flags;
        if (from !== undefined && to !== undefined && from >= to) throw new UsageError('--from must be before --to.');
        const query = {
          start_time: from,
          end_time: to,
          project_ids: project === undefined ? undefined : [await findProjectId(api, project)],
          user_ids: user === undefined ? undefined : [await findUserId(api, user)],
          api_key_ids: key === undefined ? undefined : [key],
          models: model === undefined ? undefined : [model],
          outcomes: outcome === undefined ? undefined : [outcome],
          status_codes: status,
          page: flags.page,
          limit: pageQuery({ rows: flags.rows, after: undefined }).limit,
        };
        const { json, value } = await api.get('/sluice/v1/requests', shape, query);
        const page = { json, value: { data: value.data, has_more: false } };
        const view = listView(page, COLUMNS, { width, empty: 'There were no such requests.' });
        return { ...view, next: value.next_page ? ['--page', value.next_page] : undefined };
      },
    }),
  },
};
