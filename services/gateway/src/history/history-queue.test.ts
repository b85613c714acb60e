import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { pino } from 'pino';
import { createMemoryHistory } from '../test-support/memory-stores.ts';
import { requestRow } from '@sluice/testing/request-row';
import { HistoryQueue } from './history-queue.ts';

const LOG = pino({ level: 'silent' });
const NO_ROOM = new Error('no place has room');

function start(change: { bytesMax?: number } = {}) {
  const history = createMemoryHistory();
  let dropped = 0;
  const queue = new HistoryQueue({
    carrier: history,
    log: LOG,
    onDropped: (rows) => {
      dropped += rows;
    },
    ...change,
  });
  return { history, queue, dropped: () => dropped };
}

describe('the history queue', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('hands on in one batch what came together', async () => {
    const { history, queue } = start();
    const rows = [requestRow(), requestRow(), requestRow()];
    for (const each of rows) queue.push(each);
    expect(history.rows).toEqual([]);
    await jest.advanceTimersByTimeAsync(100);
    expect(history.rows).toEqual(rows);
    expect(history.batches).toHaveLength(1);
    expect(queue.depth).toBe(0);
  });

  test('lets rows wait for company also while a batch is on its way', async () => {
    const { history, queue } = start();
    history.delayMs = 10;
    for (let i = 0; i < 40; i++) {
      queue.push(requestRow());
      await jest.advanceTimersByTimeAsync(5);
    }
    await jest.advanceTimersByTimeAsync(200);
    expect(history.rows).toHaveLength(40);
    expect(history.batches.length).toBeLessThan(6);
  });

  test('makes batches of bounded length and size', async () => {
    const { history, queue } = start();
    for (let i = 0; i < 450; i++) queue.push(requestRow());
    for (let i = 0; i < 4; i++) queue.push(requestRow({ content: { input: 'x'.repeat(200_000), output: '' } }));
    await jest.advanceTimersByTimeAsync(500);
    expect(history.batches.map(({ rows }) => rows.length)).toEqual([200, 200, 52, 2]);
    expect(new Set(history.batches.map(({ id }) => id)).size).toBe(4);
  });

  test('carries a row that is larger than a batch may be', async () => {
    const { history, queue } = start();
    queue.push(requestRow({ content: { input: 'x'.repeat(700_000), output: '' } }));
    await jest.advanceTimersByTimeAsync(100);
    expect(history.rows).toHaveLength(1);
  });

  test('keeps rows while no place has room and hands each on once when one has, under the same name', async () => {
    const { history, queue, dropped } = start();
    history.failure = NO_ROOM;
    queue.push(requestRow());
    await jest.advanceTimersByTimeAsync(60_000);
    queue.push(requestRow());
    expect(queue.depth).toBe(2);
    history.failure = undefined;
    await jest.advanceTimersByTimeAsync(6_000);
    expect(history.rows).toHaveLength(2);
    expect(new Set(history.refusedIds)).toEqual(new Set([history.batches[0]?.id]));
    expect(dropped()).toBe(0);
  });

  test('holds no more than its bound, and counts what it drops', async () => {
    const { history, queue, dropped } = start({ bytesMax: 2_500 });
    history.failure = NO_ROOM;
    for (let i = 0; i < 5; i++) queue.push(requestRow());
    expect(queue.depth).toBe(2);
    expect(dropped()).toBe(3);
    history.failure = undefined;
    await jest.advanceTimersByTimeAsync(100);
    queue.push(requestRow());
    expect(dropped()).toBe(3);
  });

  test('hands on what is left when it closes, without waiting for company', async () => {
    const { history, queue } = start();
    for (let i = 0; i < 300; i++) queue.push(requestRow());
    await queue.close();
    expect(history.rows).toHaveLength(300);
  });

  test('closes within its deadline when no place has room, and counts what is lost', async () => {
    const { history, queue, dropped } = start();
    history.failure = NO_ROOM;
    queue.push(requestRow());
    const closed = queue.close();
    await jest.advanceTimersByTimeAsync(5_000);
    await closed;
    expect(dropped()).toBe(1);
  });
});
