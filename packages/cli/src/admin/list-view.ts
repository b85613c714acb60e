import { z } from 'zod';
import type { Answer } from './admin-api.ts';
import { text, wholeNumber, type Flags, type FlagValues } from './flag.ts';
import { renderTable, type Column } from './table.ts';
import type { View } from './view.ts';

const ROWS = 50;
/** As many as the gateway gives at once. */
const ROWS_MAX = 100;

/** What every list takes. */
export const PAGE = {
  rows: wholeNumber('N', `how many to show (${ROWS})`, { min: 1, max: ROWS_MAX }),
  after: text('ID', 'only what comes behind this one'),
} satisfies Flags;

export function pageQuery({ rows = ROWS, after }: FlagValues<typeof PAGE>): { limit: number; after: string | undefined } {
  return { limit: rows, after };
}

/** OpenAI's list object. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ data: z.array(item), has_more: z.boolean().default(false), last_id: z.string().nullish() });
}

type Page<Row> = { readonly data: readonly Row[]; readonly has_more: boolean; readonly last_id?: string | null | undefined };

/** A page as a table, and how to see the next one. `empty` stands in for a table without rows. */
export function listView<Row>(
  { json, value }: Answer<Page<Row>>,
  columns: readonly Column<Row>[],
  { width, empty }: { width: number | undefined; empty: string },
): View {
  const table = value.data.length === 0 ? `${empty}\n` : renderTable(value.data, columns, { width });
  return { json, text: table, next: value.has_more && value.last_id ? ['--after', value.last_id] : undefined };
}
