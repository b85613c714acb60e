import { z } from 'zod';
import { UsageError } from '../usage-error.ts';
import type { AdminApi, Query } from './admin-api.ts';
import { renderBar } from './bar.ts';
import { choice, moment, type Flags, type FlagValues } from './flag.ts';
import { findProjectId } from './find.ts';
import { formatBucket, formatTime, NOTHING } from './format.ts';
import { nowS } from './lifetime.ts';
import { namesOf } from './names.ts';
import { PROJECT } from './nouns/project-flag.ts';
import { renderTable, type Column } from './table.ts';
import type { Terminal } from './terminal.ts';
import type { View } from './view.ts';

/** By what usage and costs can be told apart, with the gateway's name for each and the heading. */
const GROUPS = {
  model: { title: 'MODEL' },
  project: { title: 'PROJECT', kind: 'project' },
  key: { title: 'KEY', kind: 'key' },
  user: { title: 'USER', kind: 'user' },
} as const;
type Group = keyof typeof GROUPS;
type GroupParams = Readonly<Record<Group, string>>;

export const REPORT_FLAGS = {
  project: PROJECT,
  by: choice(['model', 'project', 'key', 'user'], 'what to tell apart; without --bucket, over all of the time'),
  from: moment('from when on (the last 7 days)'),
  to: moment('up to when (now)'),
} satisfies Flags;

const DAY_S = 86_400;
const DAYS = 7;
/** A report of more pages would not be read. */
const PAGES_MAX = 200;
const TOTAL = 'total';
/** Null where a result is about none. */
const groupField = z.string().nullish();

/** One number of a report. */
type Measure<Result> = {
  readonly title: string;
  readonly of: (result: Result) => number;
  readonly format: (value: number) => string;
};

/** A line of what the gateway answers: its numbers, and the fields that tell what it is about. */
type Fields = Readonly<Record<string, unknown>>;

export type Report<Result extends Fields> = {
  readonly path: string;
  readonly result: z.ZodType<Result>;
  /** The gateway's parameter for each group, and the field of a result that has it. */
  readonly groups: GroupParams;
  readonly measures: readonly Measure<Result>[];
  /** What the bar shows. */
  readonly weigh: (result: Result) => number;
};

type Asked = FlagValues<typeof REPORT_FLAGS> & { readonly bucket?: string | undefined };
type Bucket<Result> = { readonly start_time: number; readonly end_time: number; readonly results: readonly Result[] };
/** What stands in one line: when, whose, how much of each measure, and how long the bar is. */
type Row = { readonly when: string; readonly group: string; readonly values: readonly number[]; readonly weight: number };

/** Asks for all buckets of the time, and shows them as a table with totals and a bar a row. */
export async function reportBuckets<Result extends Fields>(
  call: { readonly api: AdminApi; readonly terminal: Terminal; readonly flags: Asked },
  report: Report<Result>,
): Promise<View> {
  const { api, terminal, flags } = call;
  const { by, bucket, from = Math.floor(nowS() / DAY_S) * DAY_S - (DAYS - 1) * DAY_S, to } = flags;
  if (to !== undefined && from >= to) throw new UsageError('--from must be before --to.');
  const buckets = await readBuckets(api, report, {
    start_time: from,
    end_time: to,
    bucket_width: bucket ?? '1d',
    group_by: by === undefined ? undefined : [report.groups[by]],
    project_ids: flags.project === undefined ? undefined : [await findProjectId(api, flags.project)],
  });
  const rows = await nameGroups(api, by, toRows(buckets, report, { by, isByBucket: by === undefined || bucket !== undefined }));
  const [first, last] = [buckets[0], buckets.at(-1)];
  const period = first && last ? `${formatTime(first.start_time)} to ${formatTime(last.end_time)}\n\n` : '';
  const json = { object: 'page', data: buckets, has_more: false, next_page: null };
  return { json, text: `${period}${toTable(rows, report, { by, width: terminal.width })}` };
}

async function readBuckets<Result extends Fields>(
  api: AdminApi,
  { path, result }: Report<Result>,
  query: Query,
): Promise<readonly Bucket<Result>[]> {
  const bucket = z.looseObject({ start_time: z.number(), end_time: z.number(), results: z.array(result) });
  const shape = z.object({ data: z.array(bucket), next_page: z.string().nullish() });
  const buckets: Bucket<Result>[] = [];
  let page: string | undefined;
  for (let count = 0; count < PAGES_MAX; count += 1) {
    const { value } = await api.get(path, shape, { ...query, page });
    buckets.push(...value.data);
    if (!value.next_page) return buckets;
    page = value.next_page;
  }
  throw new UsageError('That is too much time for such small buckets. Ask for less, or for larger ones.');
}

function toRows<Result extends Fields>(
  buckets: readonly Bucket<Result>[],
  report: Report<Result>,
  { by, isByBucket }: { by: Group | undefined; isByBucket: boolean },
): readonly Row[] {
  const toRow = (result: Result, when: string): Row => ({
    when,
    group: by === undefined ? '' : (groupField.parse(result[report.groups[by]]) ?? ''),
    values: report.measures.map(({ of }) => of(result)),
    weight: report.weigh(result),
  });
  const zero = { group: '', values: report.measures.map(() => 0), weight: 0 };
  const rows = buckets.flatMap((bucket) => {
    const when = isByBucket ? formatBucket({ startS: bucket.start_time, endS: bucket.end_time }) : '';
    const found = bucket.results.map((result) => toRow(result, when));
    // A day without requests is worth a line, but not one of every project.
    return found.length === 0 && by === undefined ? [{ ...zero, when }] : found;
  });
  const groups = Map.groupBy(rows, ({ when, group }) => JSON.stringify([when, group]));
  const sums = [...groups.values()].map((same) => same.reduce(add));
  return isByBucket ? sums : sums.toSorted((a, b) => b.weight - a.weight);
}

function add(a: Row, b: Row): Row {
  return { ...a, values: a.values.map((value, at) => value + (b.values[at] ?? 0)), weight: a.weight + b.weight };
}

async function nameGroups(api: AdminApi, by: Group | undefined, rows: readonly Row[]): Promise<readonly Row[]> {
  if (by === undefined || by === 'model') return rows;
  const ids = rows.map(({ group }) => group).filter((id) => id !== '');
  const names = await namesOf(api, GROUPS[by].kind, ids);
  return rows.map((row) => ({ ...row, group: names.get(row.group) ?? row.group }));
}

function toTable<Result extends Fields>(
  rows: readonly Row[],
  { measures }: Report<Result>,
  { by, width }: { by: Group | undefined; width: number | undefined },
): string {
  if (rows.length === 0) return 'There were no requests.\n';
  const heaviest = Math.max(...rows.map(({ weight }) => weight));
  const columns: Column<Row>[] = [
    { title: 'WHEN', cell: (row) => (row === total ? TOTAL : row.when) },
    {
      title: by === undefined ? '' : GROUPS[by].title,
      cell: (row) => (row === total ? (hasWhen ? '' : TOTAL) : row.group || NOTHING),
      isElastic: true,
    },
    ...measures.map(({ title, format }, at): Column<Row> => ({ title, align: 'right', cell: ({ values }) => format(values[at] ?? 0) })),
    { title: '', cell: (row) => (row === total ? '' : renderBar(row.weight, heaviest)) },
  ];
  const total: Row | undefined = rows.length > 1 ? { ...rows.reduce(add), when: '', group: '' } : undefined;
  const hasWhen = rows.some(({ when }) => when !== '');
  const shown = columns.filter((_, at) => (at === 0 ? hasWhen : at === 1 ? by !== undefined : true));
  return renderTable(rows, shown, { width, total });
}
