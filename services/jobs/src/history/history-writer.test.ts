import { describe, expect, test } from '@jest/globals';
import { createLog } from '@sluice/platform/log';
import type { RequestRow } from '@sluice/prisma/append-requests';
import { until } from '@sluice/testing/until';
import { createMetrics } from '../metrics.ts';
import { HandBack } from '../run-jobs.ts';
import { requestRow } from '@sluice/testing/request-row';
import type { DeadLetter } from './dead-letter-store.ts';
import { HistoryWriter } from './history-writer.ts';

/** A database in memory that can be away, or slow, or refuse what a test does not like. */
function start(change: { isRefused?: (row: RequestRow) => boolean } = {}) {
  const { isRefused = () => false } = change;
  const appended: (readonly RequestRow[])[] = [];
  const letters: DeadLetter[] = [];
  const seen: RequestRow[] = [];
  const closing = new AbortController();
  const metrics = createMetrics('test');
  const state: { failure: Error | undefined; gate: Promise<void> | undefined } = { failure: undefined, gate: undefined };
  const writer = new HistoryWriter({
    store: {
      append: async (rows) => {
        await state.gate;
        if (state.failure) throw state.failure;
        if (rows.some(isRefused)) return { kind: 'refused', reason: 'impossible' };
        appended.push(rows);
        return { kind: 'written', newRows: rows.length };
      },
    },
    deadLetters: { add: async (letter) => void letters.push(letter) },
    log: createLog({ service: 'test', level: 'silent' }),
    metrics,
    closing: closing.signal,
    onWritten: (rows) => seen.push(...rows),
  });
  const counted = async (outcome: string): Promise<number> => {
    const { values } = await metrics.historyRows.get();
    return values.find(({ labels }) => labels.outcome === outcome)?.value ?? 0;
  };
  return { writer, state, appended, letters, seen, closing, counted, metrics };
}

describe('the history writer', () => {
  test('writes what came while it wrote in one go', async () => {
    const { writer, state, appended } = start();
    const gate = Promise.withResolvers<void>();
    state.gate = gate.promise;
    const writes = Array.from({ length: 8 }, () => writer.write([requestRow(), requestRow()]));
    gate.resolve();
    await Promise.all(writes);
    expect(appended.map((rows) => rows.length)).toEqual([2, 14]);
  });

  test('keeps a statement within its bounds', async () => {
    const { writer, state, appended } = start();
    const gate = Promise.withResolvers<void>();
    state.gate = gate.promise;
    const content = { input: 'x'.repeat(1_500_000), output: '' };
    const many = Array.from({ length: 400 }, () => requestRow());
    const writes = [[requestRow()], many, many, many, [requestRow({ content })], [requestRow({ content })], [requestRow({ content })]].map(
      (rows) => writer.write(rows),
    );
    gate.resolve();
    await Promise.all(writes);
    expect(appended.map((rows) => rows.length)).toEqual([1, 800, 402, 1]);
  });

  test('tries again for as long as the database is away, and then writes each row once', async () => {
    const { writer, state, appended, metrics } = start();
    state.failure = new Error('connection refused');
    const rows = [requestRow(), requestRow()];
    const written = writer.write(rows);
    await until(async () => ((await metrics.historyRetries.get()).values[0]?.value ?? 0) >= 2);
    state.failure = undefined;
    await written;
    expect(appended.flat()).toEqual(rows);
  });

  test('finds the rows that the database refuses, sets them aside with the reason, and writes all others', async () => {
    const { writer, appended, letters, seen, counted } = start({ isRefused: ({ model }) => model === 'bad' });
    const rows = Array.from({ length: 50 }, (_, i) => requestRow({ model: i === 7 || i === 31 ? 'bad' : 'good' }));
    await writer.write(rows);
    const good = rows.filter(({ model }) => model === 'good');
    expect(appended.flat()).toEqual(good);
    expect(seen).toEqual(good);
    expect(letters).toEqual([rows[7], rows[31]].map((row) => ({ reason: 'impossible', row })));
    expect([await counted('written'), await counted('refused')]).toEqual([48, 2]);
  });

  test('writes a row without its content when that is what the database refuses', async () => {
    const { writer, appended, letters } = start({ isRefused: ({ content }) => content !== undefined });
    const row = requestRow({ content: { input: '{', output: '' } });
    await writer.write([requestRow(), row]);
    expect(appended.flat().at(-1)).toEqual({ ...row, content: undefined });
    expect(letters).toEqual([]);
  });

  test('gives its work back when the process stops while the database is away', async () => {
    const { writer, state, closing } = start();
    state.failure = new Error('connection refused');
    const writes = [writer.write([requestRow()]), writer.write([requestRow()])];
    const failures = Promise.all(writes.map((write) => write.catch((error: unknown) => error)));
    closing.abort();
    for (const failure of await failures) expect(failure).toBeInstanceOf(HandBack);
  });

  test('finishes what it has when the process stops while the database is there', async () => {
    const { writer, appended, closing } = start();
    closing.abort();
    await writer.write([requestRow()]);
    expect(appended).toHaveLength(1);
  });
});
