import { z } from 'zod';
import { decodeCursor, encodeCursor } from './page-cursor.ts';
import type { HistoryQuestion, HistoryRow, RequestHistoryStore } from './request-history-store.ts';

export type HistoryPageOptions = { readonly limit: number; readonly page?: string | undefined };
export type HistoryPage = { readonly rows: readonly HistoryRow[]; readonly nextPage: string | undefined };

const REQUEST_ID_LENGTH_MAX = 64;
/** What a Date holds. */
const DATE_MS_MAX = 8.64e15;
const positionSchema = z.tuple([z.int().min(0).max(DATE_MS_MAX), z.string().max(REQUEST_ID_LENGTH_MAX)]);

/** A page of history, newest first. Goes on from where the last page ended, so what arrives meanwhile neither repeats nor hides a request. */
export async function readHistoryPage(
  store: Pick<RequestHistoryStore, 'list'>,
  question: Omit<HistoryQuestion, 'before' | 'rowsMax'>,
  { limit, page }: HistoryPageOptions,
): Promise<HistoryPage> {
  const [atMs, requestId] = page === undefined ? [] : decodeCursor(page, question, positionSchema);
  const before = atMs === undefined || requestId === undefined ? undefined : { createdAt: new Date(atMs), requestId };
  const rows = await store.list({ ...question, before, rowsMax: limit + 1 });
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const nextPage = last && rows.length > limit ? encodeCursor(question, [last.createdAt.getTime(), last.requestId]) : undefined;
  return { rows: shown, nextPage };
}
