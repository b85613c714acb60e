import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { pino } from 'pino';
import { createMemoryHistoryStore } from '../test-support/memory-stores.ts';
import { requestRow } from '../test-support/request-row.ts';
import { HistoryQueue } from './history-queue.ts';

const LOG = pino({ level: 'silent' });
function start(rowsMax = 100) {
  const store = createMemoryHistoryStore();
  let dropped = 0;
  const queue = new HistoryQueue({
    store,
    log: LOG,
    rowsMax,
    onDropped: (rows) => {
      dropped += rows;
    },
  });
  return { store, queue, dropped: () => dropped };
}

describe('the history queue', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('writes what came together in one batch', async () => {
    const { store, queue } = start();
    const rows = [requestRow(), requestRow(), requestRow()];
    for (const each of rows) queue.push(each);
    expect(store.rows).toEqual([]);
    await jest.advanceTimersByTimeAsync(100);
    expect(store.rows).toEqual(rows);
    expect(store.appends).toBe(1);
    expect(queue.depth).toBe(0);
  });

  test('keeps rows while the database is away and writes each once when it is back', async () => {
    const { store, queue, dropped } = start();
    store.failure = new Error('connection refused');
    queue.push(requestRow());
    await jest.advanceTimersByTimeAsync(60_000);
    queue.push(requestRow());
    expect(queue.depth).toBe(2);
    store.failure = undefined;
    await jest.advanceTimersByTimeAsync(5_000);
    expect(store.rows).toHaveLength(2);
    expect(dropped()).toBe(0);
  });

  test('holds no more than its bound, and counts what it drops', async () => {
    const { store, queue, dropped } = start(2);
    store.failure = new Error('connection refused');
    for (let i = 0; i < 5; i++) queue.push(requestRow());
    expect(queue.depth).toBe(2);
    expect(dropped()).toBe(3);
  });

  test('loses only the row that the database refuses, not its neighbours', async () => {
    const { store, queue, dropped } = start();
    store.refusedModel = 'bad';
    for (const model of ['a', 'b', 'bad', 'c', 'd']) queue.push(requestRow({ model }));
    await jest.advanceTimersByTimeAsync(100);
    expect(store.rows.map(({ model }) => model)).toEqual(['a', 'b', 'c', 'd']);
    expect(dropped()).toBe(1);
  });

  test('writes what is left when it closes, without waiting for company', async () => {
    const { store, queue } = start();
    queue.push(requestRow());
    await queue.close();
    expect(store.rows).toHaveLength(1);
  });

  test('closes within its deadline when the database stays away, and counts what is lost', async () => {
    const { store, queue, dropped } = start();
    store.failure = new Error('connection refused');
    queue.push(requestRow());
    const closed = queue.close();
    await jest.advanceTimersByTimeAsync(5_000);
    await closed;
    expect(dropped()).toBe(1);
  });
});
